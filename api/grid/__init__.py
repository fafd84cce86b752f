"""Routes and pages of the grid room."""
