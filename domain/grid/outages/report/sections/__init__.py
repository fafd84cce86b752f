"""The parts of the report, one file each: from the summary to blocks."""
