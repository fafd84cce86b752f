"""Queries of metering, by noun."""
