"""Store: items, revisions, decisions, jobs and packages in the database."""
