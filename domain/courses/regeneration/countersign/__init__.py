"""Countersign: people trigger jobs, adopt outputs, and have failed ones tried again."""
