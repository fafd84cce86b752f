"""Insight: learner events, aggregates, signals and the suggestions that they lead to."""
