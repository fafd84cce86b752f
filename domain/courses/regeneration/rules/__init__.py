"""Pure: what a job is asked to do, and at which gates people stand."""
