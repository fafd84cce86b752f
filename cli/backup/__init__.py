"""`countersign backup` and `countersign restore`: a copy of everything while it runs, and a copy made from it.

What belongs here: the embedded database and what lies beside it under the home. An attached database is its operator's
to back up; docs/runbooks/backup.md says how.
"""
