"""Release gates: what a person signs before a migration or a deployment, and what is checked before and after it."""
