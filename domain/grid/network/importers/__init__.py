"""Importers: one file a source. Each reads files and hands over an assembled `Network` with its findings."""
