"""From a script and its artifact to objects that can be called, and why that failed."""
