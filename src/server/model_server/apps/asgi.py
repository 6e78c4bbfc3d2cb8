"""ASGI apps: on an event loop of their own on the main thread, beside the one that has the connections."""

from __future__ import annotations

import asyncio
import traceback
from typing import Any
from urllib.parse import unquote

from ..calling.calls import Call, Step
from ..http.messages import Cancel, Request, Respond
from ..logs.records import make_record
from ..script.appfinding import FoundApp
from .cycle import Cycle
from .lifespan import VERSIONS, Lifespan
from .links import Links, path_and_query

_END_SECONDS = 5.0


class AsgiApp:
    """Runs an ASGI app."""

    def __init__(self, found: FoundApp) -> None:
        self.found = found
        self.loop = asyncio.new_event_loop()
        self._lifespan = Lifespan(found.app)
        self._tasks: set[asyncio.Task[None]] = set()
        self._closing = False
        self.links: Links | None = None

    def start(self) -> None:
        """Let the app start; raises LoadError, and what the app raises."""
        asyncio.set_event_loop(self.loop)
        self.loop.run_until_complete(self._lifespan.start())

    def attach(self, links: Links) -> None:
        """From here on requests may come: its loop has the main thread until `close`."""
        self.links = links
        links.service.metrics.mode("beside", "the app has an event loop of its own")
        links.service.put(Step(self._run))

    def handle(self, request: Request, call: Call, respond: Respond) -> Cancel:
        """Answer a request; returns what to call if the client goes."""
        assert self.links is not None
        cycle = Cycle(self.found.app, self._scope(request, self.links.address), request, call, respond, self)
        self.soon(lambda: self._begin(cycle))
        return cycle.gone

    def soon(self, function: Any) -> None:
        """Run a function on the app's loop; after its end nothing is run."""
        try:
            self.loop.call_soon_threadsafe(function)
        except RuntimeError:
            if not self._closing:
                raise

    def close(self) -> None:
        """No request comes any more: let the app end."""
        self._closing = True
        self.soon(self.loop.stop)

    def _begin(self, cycle: Cycle) -> None:
        task = self.loop.create_task(cycle.run())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _run(self) -> None:
        """The main thread's step that lasts until the end."""
        while not self._closing:
            try:
                self.loop.run_forever()
            except BaseException:  # sys.exit in a task of the app's own
                traceback.print_exc()
        try:
            self.loop.run_until_complete(self._finish())
        except BaseException:
            traceback.print_exc()
        self.loop.close()

    async def _finish(self) -> None:
        problem = await self._lifespan.end(_END_SECONDS)
        if problem is not None and self.links is not None:
            service = self.links.service
            service.log(make_record("WARN", "script", f"The app's end failed: {problem}", service.replica))
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in others:
            task.cancel()
        if others:
            await asyncio.wait(others, timeout=1.0)
        await self.loop.shutdown_asyncgens()

    def _scope(self, request: Request, address: tuple[str, int]) -> dict[str, Any]:
        head = request.head
        path, query = path_and_query(head)
        own = ((b"x-request-id", request.id.encode("ascii")),)
        return {
            "type": "http",
            "asgi": VERSIONS,
            "http_version": f"1.{head.minor}",
            "method": head.method,
            "scheme": "http",
            "path": unquote(path),
            "raw_path": path.encode("latin-1"),
            "query_string": query.encode("latin-1"),
            "root_path": "",
            "headers": [*((name, value) for name, value in head.raw.items() if name != own[0][0]), *own],
            "client": None,
            "server": address,
            "state": dict(self._lifespan.state),
            "extensions": {},
        }
