"""FireMode."""
