"""Observe: take in what is registered, tested and photographed, and judge it."""
