"""RestoreIQ: from last gasps to a countersigned after-action report. It advises; it switches nothing."""
