"""Air in a pressurised stair: what the measured values should be to each other. Observations, never verdicts (R-16)."""
