"""Pure rules of insight: metrics with their intervals, signals as episodes, the mapping to suggestions."""
