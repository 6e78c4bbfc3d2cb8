"""The app of a worker: its routes, and what all that answers requests shares."""
