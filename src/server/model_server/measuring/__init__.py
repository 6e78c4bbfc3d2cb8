"""What is counted, in files that outlive workers, and how it is shown."""
