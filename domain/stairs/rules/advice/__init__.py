"""Pure: by which bounds FireMode's findings call attention, and what is suggested. Never part of a verdict."""
