"""RestoreIQ over HTTP: signals in, advice out, promotion by a person."""
