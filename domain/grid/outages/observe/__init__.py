"""Observe: take signals of outages in, infer what is out, follow how it comes back."""
