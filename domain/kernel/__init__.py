"""Shared by all rooms, knowing none of them: settings, database, people, the ledger, locks, canonical bytes."""
