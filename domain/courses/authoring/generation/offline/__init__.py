"""The offline author: writes from what it has been given to know, without a network, and the same again each time."""
