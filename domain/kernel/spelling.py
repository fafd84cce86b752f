"""Signs by which words read otherwise than they are written."""

# Embeddings, overrides and isolates of bidirectional text; not the plain marks U+200E and U+200F.
TURNING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
