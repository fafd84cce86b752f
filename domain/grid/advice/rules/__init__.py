"""Pure: by which bounds the grid's figures call attention, and what is suggested."""
