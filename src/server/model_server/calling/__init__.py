"""Calls of the user's code: in which order, together with which others, and on which thread."""
