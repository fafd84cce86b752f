"""The pure rules of outages: no database, no orchestration, no HTTP, no clock."""
