"""Regeneration: jobs that a person triggers, their outputs, retries with a reason."""
