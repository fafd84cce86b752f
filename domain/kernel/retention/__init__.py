"""Retention: what is old is archived, checked and removed, on a person's signature; what is proof stays for ever."""
