"""Courses over HTTP: authoring, packages, and the catalogue of what is published."""
