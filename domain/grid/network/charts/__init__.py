"""Charts of the network: rows in, a chart out. Pure."""
