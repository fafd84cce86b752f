"""Advice: what machines notice (signals), what they suggest by it, and what people made of that. Shared by all rooms.

What belongs here: keeping evaluations, episodes and suggestions, laying them before a person, and what came of them.
What is measured, when a signal opens and what is suggested are the rooms' own rules.
"""
