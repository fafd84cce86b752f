"""What the platform knows. Rooms stand beside each other on the kernel; neither Dagster nor HTTP is known here."""
