"""RestoreIQ: what is out, where the fault is, what could be done, who could go, and what happened afterwards."""
