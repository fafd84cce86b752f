"""Observe: take events in, aggregate them by day, and tell the figures."""
