"""Rows of the room, read and written; no decisions."""
