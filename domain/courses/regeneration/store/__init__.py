"""Store: jobs, outputs and retry intents in the database."""
