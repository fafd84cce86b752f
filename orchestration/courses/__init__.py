"""Courses in the graph."""
