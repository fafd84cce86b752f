"""Bytes that nobody meant, given to every parser; the corpus beside is where each of them begins."""
