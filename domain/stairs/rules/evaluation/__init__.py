"""The evaluation engine: one case in, one verdict out; the same bytes for the same case, years later."""
