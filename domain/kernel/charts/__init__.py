"""Charts of every room: one theme, one frame, drawn once as vector for pages and as PNG for files."""
