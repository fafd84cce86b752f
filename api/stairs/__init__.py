"""FireMode over HTTP."""
