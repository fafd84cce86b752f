"""Exports: a published package as SCORM, as a plain web ZIP, as PDF. Pure: content in, bytes out."""
