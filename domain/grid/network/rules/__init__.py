"""Pure rules of network topology."""
