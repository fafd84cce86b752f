"""Countersigning: the only maker of countersignatures, for people alone.

What must hold at once is written in the signing transaction, by the act's effect. What is long or derived is carried
out afterwards by `domain.kernel.fulfil`. Machines cannot come here: no import of theirs leads to it, and their database
role may not insert what it writes.
"""
