"""One request of an ASGI app, from its scope to the last byte of its reply."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any, Callable

from ..calling.calls import Call
from ..http.messages import AnyReply, Request, Respond, StreamChannel, StreamReply
from ..logs.capture import CURRENT_REQUEST
from . import replies

if TYPE_CHECKING:
    from .asgi import AsgiApp


class ClientGoneError(OSError):
    """Raised by `send` when there is nobody any more to send to, so that an app ends its stream."""


class Cycle:
    """`run`, `_receive` and `_send` are the app's loop's; `gone` and `_opened` the connections' loop's."""

    def __init__(
        self, app: Any, scope: dict[str, Any], request: Request, call: Call, respond: Respond, home: AsgiApp
    ) -> None:
        self._app = app
        self._scope = scope
        self._request = request
        self._call = call
        self._respond = respond
        self._home = home
        self._given = False  # the body was received
        self._start: replies.Start | None = None
        self._streams = False
        self._complete = False
        self._channel: StreamChannel | None = None
        self._left = False  # the client is gone, or has everything
        self._leavers: list[asyncio.Future[None]] = []
        self._waiter: asyncio.Future[None] | None = None

    async def run(self) -> None:
        """Call the app; nothing is raised."""
        if self._call.dropped:
            return
        CURRENT_REQUEST.set(self._request.id)
        links = self._home.links
        assert links is not None
        links.enter(self._request.id, alone=False)
        began = time.perf_counter()
        try:
            await self._app(self._scope, self._receive, self._send)
        except BaseException as error:  # a script's sys.exit must not end the server
            if not _is_client_gone(error):
                self._failed(error)
        else:
            if not self._complete and not self._left:
                self._failed(RuntimeError("the app returned before its reply was complete"))
        finally:
            seconds = time.perf_counter() - began
            self._call.model_seconds += seconds
            links.leave(seconds, alone=False)
            self._leave()

    def gone(self) -> None:
        """The client went away before the reply began."""
        self._call.dropped = True
        self._gone_midway()

    def _gone_midway(self) -> None:
        self._home.soon(self._leave)

    def _leave(self) -> None:
        self._left = True
        self._resume()
        leavers, self._leavers = self._leavers, []
        for future in leavers:
            if not future.done():
                future.set_result(None)

    async def _receive(self) -> dict[str, Any]:
        if not self._given:
            self._given = True
            return {"type": "http.request", "body": self._request.body, "more_body": False}
        if not self._left:
            leaver: asyncio.Future[None] = self._home.loop.create_future()
            self._leavers.append(leaver)
            await leaver
        return {"type": "http.disconnect"}

    async def _send(self, message: dict[str, Any]) -> None:
        kind = message["type"]
        if kind == "http.response.start" and self._start is None:
            pairs = [
                (bytes(name).decode("latin-1"), bytes(value).decode("latin-1"))
                for name, value in message.get("headers") or ()
            ]
            self._start = replies.begin(int(message["status"]), pairs)
        elif kind == "http.response.body" and self._start is not None and not self._complete:
            await self._body(
                self._start, bytes(message.get("body", b"")), bool(message.get("more_body", False))
            )
        else:
            raise RuntimeError(f"the app sent {kind!r} where it is not possible")

    async def _body(self, start: replies.Start, data: bytes, more: bool) -> None:
        if self._left:
            raise ClientGoneError("the client is gone")
        self._complete = not more
        if not self._streams and not more:
            self._answer(start.whole(data, self._request.head.method))
        else:
            if not self._streams:
                self._streams = True
                await self._open(start)
            if data or not more:
                await self._write(data, more)
        if not more:
            self._leave()

    async def _open(self, start: replies.Start) -> None:
        headers = tuple(start.headers)
        reply = StreamReply(
            start.status, start.content_type, self._opened, headers, start.close, self._gone_midway
        )
        waiter = self._wait()
        self._answer(reply)
        await waiter

    def _opened(self, channel: StreamChannel) -> None:
        self._channel = channel
        self._home.soon(self._resume)

    async def _write(self, data: bytes, more: bool) -> None:
        channel = self._channel
        if channel is None or self._left:
            return
        waiter = self._wait()

        def write() -> None:
            channel.write(data)
            if more:
                channel.when_writable(lambda: self._home.soon(self._resume))
            else:
                channel.end()
                self._home.soon(self._resume)

        self._on_loop(write)
        await waiter

    def _wait(self) -> asyncio.Future[None]:
        """Done by `_resume`: the client takes more, or is gone."""
        self._waiter = self._home.loop.create_future()
        return self._waiter

    def _resume(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _answer(self, reply: AnyReply) -> None:
        self._on_loop(lambda: self._respond(reply))

    def _failed(self, error: BaseException) -> None:
        links = self._home.links
        assert links is not None
        if self._complete and isinstance(error, asyncio.CancelledError):
            return
        links.service.answers.raised(self._call, error)
        channel, reply = self._channel, self._call.reply
        if channel is not None:
            self._on_loop(channel.abort)
        elif reply is not None and not self._complete and not self._left:
            self._answer(reply)

    def _on_loop(self, function: Callable[[], None]) -> None:
        links = self._home.links
        assert links is not None
        links.service.on_loop(function)


def _is_client_gone(error: BaseException | None) -> bool:
    """Whether an exception is ours, or was raised because of it."""
    seen: list[BaseException] = []
    while error is not None and error not in seen:
        if isinstance(error, ClientGoneError):
            return True
        seen.append(error)
        parts = getattr(error, "exceptions", ())
        if any(_is_client_gone(part) for part in parts):
            return True
        error = error.__cause__ or error.__context__
    return False
