"""Queries of the network: `save` writes a version, `meters`, `feeders` and `topology` read the current one."""
