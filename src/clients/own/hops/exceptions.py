"""The exceptions of the `hops` library."""

from __future__ import annotations


class RestAPIError(Exception):
    """Hopsworks refused a request, or did not answer."""


class APIKeyFileNotFound(Exception):
    """The file with the API key is missing."""
