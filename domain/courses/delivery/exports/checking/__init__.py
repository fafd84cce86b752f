"""What a SCORM package is judged by: the archive, the manifest, the schemas."""
