"""The after-action report: one content from the replay's summary, as PDF and as DOCX, always the same bytes."""
