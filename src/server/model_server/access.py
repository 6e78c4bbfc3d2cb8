"""Who may ask: the bearer token."""

from __future__ import annotations

from _operator import _compare_digest as compare_digest  # that of hmac, which loads OpenSSL

from .http.messages import Reply, Request, error_reply

APP_OPEN_PATHS = frozenset({"/v2/health/live", "/v2/health/ready"})  # all others are an app's own
OPEN_PATHS = APP_OPEN_PATHS | {"/live", "/ready"}


class Token:
    """The bearer token that every request but those for health must have."""

    def __init__(self, token: str, open_paths: frozenset[str] = OPEN_PATHS) -> None:
        self._open_paths = open_paths
        self._wanted = token.encode()

    def refusal(self, request: Request) -> Reply | None:
        """401, or None when the request may pass."""
        if request.path in self._open_paths:
            return None
        scheme, _, given = request.head.headers.get("authorization", "").partition(" ")
        # Of one length of time whatever is right of it.
        is_right = compare_digest(given.strip().encode("latin-1", "replace"), self._wanted)
        if is_right and scheme.lower() == "bearer":
            return None
        asks = (("www-authenticate", 'Bearer realm="model-server"'),)
        message = "The request needs the serving's token: send the header 'Authorization: Bearer TOKEN'"
        return error_reply(401, "unauthorized", message, request.id, asks)
