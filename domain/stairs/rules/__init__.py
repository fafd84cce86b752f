<<<<<<< HEAD
"""What is due, what is a pass, what a state allows: pure functions of the room."""
=======
"""Rules of the room `stairs`: pure functions, without database, clock or files."""
>>>>>>> aceff987263ccce263e54e37b9bc002a97d329a0
