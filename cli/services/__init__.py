"""The processes of one running copy: embedded PostgreSQL, Dagster webserver and daemon, API."""
