"""What fits a syllabus, what differs between revisions, what makes a package: pure functions."""
