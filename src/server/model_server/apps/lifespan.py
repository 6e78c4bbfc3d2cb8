"""ASGI's lifespan: an app's start before the first request, and its end after the last."""

from __future__ import annotations

import asyncio
from typing import Any

from ..failures import LoadError, first_line, make_failure

_RAISED_SECONDS = 1.0  # an app that says that its start failed often raises the reason then
VERSIONS = {"version": "3.0", "spec_version": "2.4"}


class Lifespan:
    """One app's. Both methods are coroutines of the app's own loop."""

    def __init__(self, app: Any) -> None:
        self._app = app
        self._task: asyncio.Task[None] | None = None
        self._incoming: asyncio.Queue[dict[str, Any]] | None = None
        self._answers: asyncio.Queue[dict[str, Any]] | None = None
        self._supported = False
        self.state: dict[str, Any] = {}

    async def start(self) -> None:
        """Raises what the app raised, or LoadError with the app's own words, when its start failed."""
        self._incoming, self._answers = asyncio.Queue(), asyncio.Queue()
        self._incoming.put_nowait({"type": "lifespan.startup"})
        self._task = asyncio.get_running_loop().create_task(self._run(self._incoming))
        answer = await self._answer()
        if answer is None:
            self._task.exception()  # an app without a lifespan raises, and is served all the same
            return
        if answer["type"] == "lifespan.startup.complete":
            self._supported = True
            return
        await asyncio.wait([self._task], timeout=_RAISED_SECONDS)
        error = self._task.exception() if self._task.done() else None
        if isinstance(error, Exception):
            raise error
        lines = [line for line in str(answer.get("message", "")).splitlines() if line.strip()]
        reason = first_line(lines[-1]) if lines else "it gave no reason"
        raise LoadError(make_failure("app", "app-startup-failed", f"Could not start the app: {reason}"))

    async def end(self, seconds: float) -> str | None:
        """Let the app end; what went wrong, if anything."""
        if not self._supported or self._task is None or self._task.done() or self._incoming is None:
            return None
        self._incoming.put_nowait({"type": "lifespan.shutdown"})
        try:
            answer = await asyncio.wait_for(self._answer(), seconds)
        except asyncio.TimeoutError:
            return f"the app did not end within {seconds:g} s"
        if answer is not None and answer["type"] == "lifespan.shutdown.failed":
            return str(answer.get("message") or "the app's end failed")
        await asyncio.wait([self._task], timeout=_RAISED_SECONDS)
        return None

    async def _run(self, incoming: asyncio.Queue[dict[str, Any]]) -> None:
        scope = {"type": "lifespan", "asgi": VERSIONS, "state": self.state}
        await self._app(scope, incoming.get, self._send)

    async def _send(self, message: dict[str, Any]) -> None:
        assert self._answers is not None
        if not str(message["type"]).startswith("lifespan."):
            raise RuntimeError(f"{message['type']!r} is no message of the lifespan")
        self._answers.put_nowait(message)

    async def _answer(self) -> dict[str, Any] | None:
        """The app's next word; None when it has ended without one."""
        assert self._answers is not None
        assert self._task is not None
        word = asyncio.get_running_loop().create_task(self._answers.get())
        await asyncio.wait([word, self._task], return_when=asyncio.FIRST_COMPLETED)
        if word.done():
            return word.result()
        word.cancel()
        return None
