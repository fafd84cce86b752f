"""Pages of the kernel: what waits, one proposal, one countersignature."""
