"""Charts of how learners fare."""
