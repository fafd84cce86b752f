"""Pages of FireMode, rendered here."""
