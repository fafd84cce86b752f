"""The object store: bytes under keys, written whole or not at all; local files or S3 behind one interface."""
