"""Administration: tenants, people, roles and keys, by whoever operates the copy and by administrators over the API.

Every act is one of the database's functions (sql/kernel/functions/administration.sql), which asks whether the actor
may, and one event in the ledger. docs/decisions/0030 says why.
"""
