"""Rules of the room `stairs`: pure functions, without database, clock or files."""
