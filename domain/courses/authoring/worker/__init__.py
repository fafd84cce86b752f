"""The worker: carries out what people asked to be drafted. No HTTP, no session; neither API nor insight reach it."""
