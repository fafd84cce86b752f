"""Tests of insight: definitions, signals, suggestions and study mode."""
