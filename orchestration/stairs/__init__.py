"""FireMode in the graph."""
