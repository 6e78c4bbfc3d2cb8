"""A small HTTP server around a user's `Predict` class."""

__version__ = "0.1.0"
