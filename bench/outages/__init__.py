"""How well outages are inferred, on published feeders, beside the two rules of common outage systems."""
