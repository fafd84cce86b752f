"""What the grid's figures call attention to: losses, meters, communication, voltage, devices. Advice, no act."""
