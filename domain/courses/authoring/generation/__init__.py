"""Authors: who writes drafts. By itself this platform writes offline; models are asked where a setting says so.

Only workers and the command line come here. What answers HTTP imports nothing of it.
"""
