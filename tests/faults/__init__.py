"""What is lost when something breaks: nothing."""
