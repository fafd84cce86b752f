"""Generation: authors that draft. Machines at work: neither the API nor insight can reach them."""
