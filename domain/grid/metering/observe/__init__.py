"""Observe: take reads in, from the emulator and from files, and inject scenarios into the emulator."""
