"""What is due, what is a pass, what a state allows: pure functions of the room."""
