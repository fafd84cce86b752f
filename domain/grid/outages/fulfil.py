"""Fulfil: write the signed edition of a report, exactly what was signed."""
