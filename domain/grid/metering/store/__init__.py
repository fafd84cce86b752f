"""Queries of GridLens, split by noun."""
