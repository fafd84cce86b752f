"""Observe: what people ask to be made anew. Asking starts nothing."""
