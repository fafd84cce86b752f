"""Execution: the worker that carries out triggered jobs. No HTTP, no session; the API does not reach it."""
