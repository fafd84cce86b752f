"""What learners do, taken down as facts: enrolled, read, completed, attempted, bought, exported, moved."""
