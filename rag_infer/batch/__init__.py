"""Many questions in one run: read from a file, answered side by side, written as they come."""
