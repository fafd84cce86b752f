"""The parts of the reports, in the order in which they stand."""
