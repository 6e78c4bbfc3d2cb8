"""The inference log: a record of each prediction, its way out of the workers, and where it is kept."""
