"""Figures of the room, from rows alone."""
