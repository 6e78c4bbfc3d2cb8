"""Log records, where they come from, and their way to the file."""
