"""Assets and automation of the kernel."""
