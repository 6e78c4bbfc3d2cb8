"""GET /openapi.json, /docs and, for browsers, /: the serving described for programs and for people."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any, Callable

from ..answering.routes import Handler, Route
from ..answering.service import Service
from ..http.compression import squeeze
from ..http.messages import Reply, Request, Respond
from .openapi import document

_FILES = Path(__file__).parent / "page"


def install(service: Service) -> None:
    """Add the routes; to be called when all others are there."""
    service.links = {**service.links, "openapi": "/openapi.json", "docs": "/docs"}
    service.open_paths.add("/docs")  # the page is the same for every serving, and asks for the token itself
    index = service.routes.handler("GET", "/")
    made: list[bytes] = []

    def api(_request: Request) -> Reply:
        if not made:
            made.append(json.dumps(document(service), separators=(",", ":"), ensure_ascii=False).encode())
        return Reply(200, made[0])

    def front(request: Request, match: re.Match[str] | None, respond: Respond) -> Any:
        accepts = request.head.header(b"accept") or b""
        if b"text/html" not in accepts.lower():
            return index(request, match, respond)
        return page(request, match, respond)

    page = _sent(lambda _: Reply(200, *_page()))
    service.add(
        Route("GET", "/openapi.json", _sent(api)), Route("GET", "/docs", page), Route("GET", "/", front)
    )


def _sent(make: Callable[[Request], Reply]) -> Handler:
    def handle(request: Request, _: re.Match[str] | None, respond: Respond) -> None:
        request.note["quiet"] = True
        reply = make(request)
        respond(squeeze(reply, request.head.header(b"accept-encoding")))

    return handle


@lru_cache(maxsize=1)
def _page() -> tuple[bytes, tuple[tuple[str, str], ...], bool, str]:
    """The page's parts in one file: body, headers, close, content type."""
    html, style, *code = (
        (_FILES / name).read_text(encoding="utf-8")
        for name in ("page.html", "page.css", "parts.js", "page.js")
    )
    script = "\n".join(code)
    text = html.replace("/*CSS*/", style).replace("/*JS*/", script)
    policy = (
        f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; connect-src 'self'; "
        "img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    headers = (
        ("content-security-policy", policy),
        ("x-content-type-options", "nosniff"),
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-cache"),
        ("vary", "accept"),
    )
    return text.encode(), headers, False, "text/html; charset=utf-8"


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
