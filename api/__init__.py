"""Thin HTTP over the domain. The only place that imports FastAPI."""
