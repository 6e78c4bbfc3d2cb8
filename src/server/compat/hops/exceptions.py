"""The exceptions of the `hops` library, and the one of what has no place on this computer."""

from __future__ import annotations


class RestAPIError(Exception):
    """A request to a serving was refused or failed."""


class UnkownSecretStorageError(Exception):
    """A store of secrets that is not known (the name is spelled as the library has it)."""


class APIKeyFileNotFound(Exception):
    """A file with an API key is missing."""


class NotHereError(NotImplementedError):
    """Something of Hopsworks that this computer has not; the text says what and what to do instead."""
