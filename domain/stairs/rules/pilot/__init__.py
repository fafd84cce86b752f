"""The pilot building: a made-up tower to learn the room with, and what in its numbers cannot be."""
