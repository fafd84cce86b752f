"""RestoreIQ: from last gasps to advice on what is out, where the fault is, what could be done and who could go."""
