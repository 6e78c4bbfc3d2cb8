"""The table of a worker's routes: which handler answers which method and path."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Callable, Optional

from ..http.messages import Cancel, Reply, Request, Respond, error_reply

# handler(request, match of the pattern or None, respond) → what to call if the client goes before the answer
Handler = Callable[[Request, Optional["re.Match[str]"], Respond], Optional[Cancel]]
ANY = "*"


@dataclass(frozen=True)
class Route:
    """`method` in capitals or ANY (GET answers HEAD too); `path` is decoded, or a pattern of all of it."""

    method: str
    path: str | re.Pattern[str]
    handler: Handler


class Routes:
    """Fixed paths by one look-up, then patterns in the order in which they were added, then `fallback`."""

    def __init__(self, fallback: Handler) -> None:
        self._fixed: dict[str, dict[str, Handler]] = {}
        self._patterns: list[tuple[re.Pattern[str], dict[str, Handler]]] = []
        self.fallback = fallback

    def add(self, *routes: Route) -> None:
        """Add rows; a later one with the same method and path takes the place of the earlier."""
        for route in routes:
            if isinstance(route.path, str):
                self._fixed.setdefault(route.path, {})[route.method] = route.handler
                continue
            known = next((methods for pattern, methods in self._patterns if pattern == route.path), None)
            if known is None:
                known = {}
                self._patterns.append((route.path, known))
            known[route.method] = route.handler

    def fixed_paths(self) -> list[str]:
        """The fixed paths, in the order in which they were added."""
        return list(self._fixed)

    def handler(self, method: str, path: str) -> Handler:
        """The handler of a fixed path; raises KeyError."""
        return self._fixed[path][method]

    def handle(self, request: Request, respond: Respond) -> Cancel | None:
        """Find the handler and run it; 405 with Allow where only the method is wrong."""
        target = request.head.target
        methods = self._fixed.get(target)
        match = None
        if methods is None:
            path = request.path
            methods = self._fixed.get(path)
            if methods is None:
                for pattern, candidates in self._patterns:
                    match = pattern.fullmatch(path)
                    if match is not None:
                        methods = candidates
                        break
                else:
                    return self.fallback(request, None, respond)
        handler = methods.get(request.head.method)
        if handler is None:
            handler = methods.get("GET" if request.head.method == "HEAD" else ANY) or methods.get(ANY)
            if handler is None:
                respond(wrong_method(request, methods))
                return None
        return handler(request, match, respond)


def wrong_method(request: Request, methods: dict[str, Handler] | tuple[str, ...]) -> Reply:
    """405, with those that are allowed."""
    allowed = [name for method in methods for name in ((method, "HEAD") if method == "GET" else (method,))]
    message = f"{request.method[:20]} is not possible here: use {' or '.join(allowed)}"
    return error_reply(405, "method-not-allowed", message, request.id, (("allow", ", ".join(allowed)),))
