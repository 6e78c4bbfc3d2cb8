"""The process that owns the port, the log and the state file: starts, replaces and ends the workers."""
