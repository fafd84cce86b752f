"""GridLens: interval reads from emulator and files, validation, roll-ups, loss and suspicion."""
