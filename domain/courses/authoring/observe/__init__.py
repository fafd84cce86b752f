"""Observe: drafts as people write them. Nothing of it takes effect."""
