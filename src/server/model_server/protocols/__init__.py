"""How requests become calls and results become replies: one module per protocol."""
