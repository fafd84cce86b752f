"""What every room of study mode shares: files of an analyst as columns, and stamps as instants."""
