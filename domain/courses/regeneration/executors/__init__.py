"""Executors: one for each kind of target. They ask the authors; neither API nor pages reach them."""
