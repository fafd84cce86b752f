"""Compliance report, logbook and yearly statement: one content, always the same bytes, draft and signed."""
