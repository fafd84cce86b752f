"""Countersign: what a signature makes of drafts and packages. For people alone."""
