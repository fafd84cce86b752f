"""Pure rules of outages: no database, no clock, no input or output."""
