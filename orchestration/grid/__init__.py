"""Assets, checks and automation of the grid room."""
