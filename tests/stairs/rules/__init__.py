"""FireMode's pure rules."""
