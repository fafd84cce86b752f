"""What is due, what is a pass, what a state allows: pure functions, without database, clock or files."""
