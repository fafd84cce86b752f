"""Tamper evidence: seals over the ledger and the countersignatures, their verification, and proofs for one event.

What belongs here: hashing and trees (pure), the making of seals (a machine's work), checkpoints outside the database,
and what an auditor checks. What is written into the ledger, and by whom, stands in `events.py`.
"""
