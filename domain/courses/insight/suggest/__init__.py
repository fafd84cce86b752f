"""Suggest: what the figures of a night open, keep and close, and what is laid before people because of it."""
