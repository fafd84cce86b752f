"""Suggest: drafts and packages, laid before people."""
