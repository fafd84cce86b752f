"""Dated, linear schema history; never edited after it has run anywhere."""
