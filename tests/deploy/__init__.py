"""What is handed to a platform engineer: image, chart, compose file."""
