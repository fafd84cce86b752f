"""GridLens for people: server-rendered pages. Queries are the domain's; here is what a page asks and shows."""
