"""The insight of courses on a real database."""
