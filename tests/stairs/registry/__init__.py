"""The registry, what is generated from it, baselines and the ruleset."""
