"""RestoreIQ: what is out and how sure, what could be done about it, and what it has meant afterwards."""
