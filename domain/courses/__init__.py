"""Courses: from a learning intent to an immutable published course, and what its learners' steps teach about it."""
