"""Charts of an outage, each from the replay's summary: the same figure on a page and in the report."""
