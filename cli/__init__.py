"""The command line. Human acts go over HTTP; study mode runs the rules; services and administration use the kernel."""
