"""What insight keeps and reads: raw events, what lasts of them, aggregates, runs."""
