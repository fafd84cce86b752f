"""The queries of RestoreIQ, by noun."""
