"""Requests to Hopsworks' REST API, by the standard library alone."""

from __future__ import annotations

import json
import os
import ssl
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from .exceptions import APIKeyFileNotFound, RestAPIError

_API = "/hopsworks-api/api"
_SECONDS = 300.0


@dataclass(frozen=True)
class Response:
    """An answer, whatever its status; with what scripts read of a response of `requests`."""

    status_code: int
    reason: str
    content: bytes

    @property
    def ok(self) -> bool:
        """Whether it was a success."""
        return self.status_code < 400

    @property
    def text(self) -> str:
        """The body as text."""
        return self.content.decode("utf-8", "replace")

    def json(self) -> Any:
        """The body as JSON; raises ValueError when it is none."""
        return json.loads(self.content)

    def check(self, what: str, statuses: tuple[int, ...] = (200, 201, 204)) -> Response:
        """Itself; raises RestAPIError, with what Hopsworks said, for other statuses."""
        if self.status_code in statuses:
            return self
        try:
            told = self.json()
        except ValueError:
            told = {}
        told = told if isinstance(told, dict) else {}
        raise RestAPIError(
            f"Could not {what}, server response: \n HTTP code: {self.status_code}, "
            f"HTTP reason: {self.reason}, error code: {told.get('errorCode', -1)}, "
            f"error msg: {told.get('errorMsg', '')}, "
            f"user msg: {told.get('usrMsg', '')}"
        )


def setting(name: str) -> str:
    """A variable of the environment; raises RestAPIError when it is not set."""
    value = os.environ.get(name)
    if not value:
        raise RestAPIError(f"{name} is not set: call hops.project.connect, or copy the login snippet")
    return value


def in_project(path: str) -> str:
    """The path of something in the project."""
    return f"{_API}/project/{setting('HOPSWORKS_PROJECT_ID')}{path}"


def piece(text: str) -> str:
    """A text as one piece of a path."""
    return quote(text, safe="")


def send(
    method: str,
    path: str,
    body: Any = None,
    *,
    raw: tuple[bytes, str] | None = None,
    key: str | None = None,
) -> Response:
    """Send JSON, or `raw` bytes of a type; raises RestAPIError when nobody answers."""
    data, kind = raw or (None if body is None else json.dumps(body).encode(), "application/json")
    if data is None and method in {"POST", "PUT"}:
        data = b""
    headers = {"authorization": f"ApiKey {key}" if key else _authorization(), "content-type": kind}
    url = setting("REST_ENDPOINT").rstrip("/") + path
    request = urllib.request.Request(url, data, headers, method=method)  # noqa: S310  # the user's own address
    try:
        with _opener().open(request, timeout=_SECONDS) as reply:
            return Response(reply.status, reply.reason, reply.read())
    except urllib.error.HTTPError as error:
        with error:
            return Response(error.code, str(error.reason), error.read())
    except OSError as error:
        raise RestAPIError(f"{setting('REST_ENDPOINT')} did not answer: {error}") from None


def _authorization() -> str:
    key = os.environ.get("API_KEY")
    if key:
        return f"ApiKey {key}"
    token = Path(os.environ.get("SECRETS_DIR", ""), "token.jwt")
    try:
        return f"Bearer {token.read_text(encoding='utf-8').strip()}"
    except OSError:
        raise APIKeyFileNotFound(f"neither API_KEY is set, nor is there {token}") from None


def _opener() -> urllib.request.OpenerDirector:
    https = urllib.request.HTTPSHandler(context=_context())
    host = setting("REST_ENDPOINT").split("://", 1)[-1].split("/", 1)[0].rsplit(":", 1)[0]
    if host in {"127.0.0.1", "localhost", "[::1]"}:
        # A proxy of the environment has no way to this computer's own address.
        return urllib.request.build_opener(urllib.request.ProxyHandler({}), https)
    return urllib.request.build_opener(https)


def _context() -> ssl.SSLContext:
    """Certificates are checked as `hops` of PyPI does it: only with REQUESTS_VERIFY=true."""
    if os.environ.get("REQUESTS_VERIFY") == "true":
        return ssl.create_default_context(cafile=os.environ.get("DOMAIN_CA_TRUSTSTORE_PEM"))
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
