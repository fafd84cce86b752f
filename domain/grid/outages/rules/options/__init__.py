"""Restoration options: what could be switched, whether it would hold, what it is worth, in advisory words."""
