"""The exceptions of the `hops` library."""

from __future__ import annotations


class RestAPIError(Exception):
    """Hopsworks refused a request, or did not answer."""


class APIKeyFileNotFound(Exception):
    """The file with the API key is missing."""


class ModelNotFound(Exception):
    """The registry has no such model, or none with that metric."""


class ModelArchiveExists(Exception):
    """A download would overwrite an archive."""
