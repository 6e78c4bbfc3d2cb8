"""WSGI apps: requests run on the main thread one after another, or in threads when the script says so."""

from __future__ import annotations

import contextvars
import io
import sys
import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Callable, NoReturn
from urllib.parse import unquote_to_bytes

from ..calling.calls import Call, Step
from ..http.messages import Cancel, Reply, Request, Respond, StreamChannel, StreamReply
from ..logs.capture import CURRENT_REQUEST
from ..script.appfinding import FoundApp
from . import replies
from .links import Links, path_and_query

_COLLECTED_BYTES = 1024 * 1024  # a longer body goes out in parts
_END = object()


class WsgiApp:
    """Runs a WSGI app."""

    def __init__(self, found: FoundApp) -> None:
        self.found = found
        self._pool: ThreadPoolExecutor | None = None
        self._links: Links | None = None

    def start(self) -> None:
        """Nothing to do before requests come."""

    def attach(self, links: Links) -> None:
        """From here on requests may come."""
        self._links = links
        if self.found.threads > 1:
            self._pool = ThreadPoolExecutor(self.found.threads, "app")

    def handle(self, request: Request, call: Call, respond: Respond) -> Cancel:
        """Answer a request; returns what to call if the client goes."""
        assert self._links is not None
        answer = _Answer(self, self._links, request, call, respond)
        self.put(answer.begin, request.id)
        return answer.gone

    def put(self, run: Callable[[], None], request: str) -> None:
        """Run something of a request where the app's code runs."""
        assert self._links is not None
        if self._pool is None:
            self._links.service.put(Step(run, request))
        else:
            self._pool.submit(run)

    def close(self) -> None:
        """No request comes any more."""
        if self._pool is not None:
            self._pool.shutdown(wait=False)


class _Answer:
    """One request. `begin`, `_pull`, `_close` run where the app runs, the rest on the loop's thread."""

    def __init__(self, app: WsgiApp, links: Links, request: Request, call: Call, respond: Respond) -> None:
        self._app = app
        self._links = links
        self._request = request
        self._call = call
        self._respond = respond
        # All of a request's code runs in one context, as in a thread of its own: frameworks need that.
        self._context = contextvars.copy_context()
        self._one = threading.Lock()  # entered by one at a time: a part may be asked for before `_begin` ends
        self._start: replies.Start | None = None
        self._sent = False  # the reply has begun: it can't be another any more
        self._written: list[bytes] = []
        self._result: Any = None
        self._parts: Iterator[bytes] = iter(())
        self._channel: StreamChannel | None = None
        self._over = False

    def gone(self) -> None:
        self._call.dropped = True
        self._gone_midway()

    def _gone_midway(self) -> None:
        self._app.put(lambda: self._run(self._close), self._request.id)

    def begin(self) -> None:
        self._run(self._begin)

    def _run(self, work: Callable[[], None]) -> None:
        with self._one:
            self._context.run(work)

    def _begin(self) -> None:
        if self._call.dropped:
            return
        CURRENT_REQUEST.set(self._request.id)
        alone = self._app.found.threads == 1
        self._links.enter(self._request.id, alone)
        began = time.perf_counter()
        try:
            self._result = self._app.found.app(
                environ_of(self._request, self._links.address, self._app.found.threads), self.start_response
            )
            self._parts = iter(self._result)
            reply = self._first()
        except BaseException as error:  # a script's sys.exit must not end the server
            self._close()
            self._failed(error)
        else:
            self._sent = True
            self._links.service.on_loop(lambda: self._respond(reply))
        finally:
            seconds = time.perf_counter() - began
            self._call.model_seconds += seconds
            self._links.leave(seconds, alone)

    def start_response(
        self, status: str, headers: list[tuple[str, str]], exc_info: Any = None
    ) -> Callable[[bytes], None]:
        """WSGI's callable."""
        if exc_info is not None and self._sent:
            _raise_again(exc_info)
        if self._start is not None and exc_info is None:
            raise AssertionError("start_response was called twice")
        self._start = replies.begin(int(str(status)[:3]), headers)
        return self._written.append

    def _first(self) -> Reply | StreamReply:
        """The whole reply when it can be known without waiting for the client, else its beginning."""
        parts, size = self._written, 0
        method = self._request.head.method
        whole = isinstance(self._result, (list, tuple))
        while True:
            part = next(self._parts, _END)
            start = self._start
            if part is _END:
                break
            if part and start is None:
                raise AssertionError("the app returned parts of a body before it called start_response")
            parts.append(part)  # type: ignore[arg-type]
            size += len(part)  # type: ignore[arg-type]
            if not part or start is None or whole:
                continue
            if start.length is not None and size >= start.length:
                break
            if start.length is None or size > _COLLECTED_BYTES:
                return self._stream(start, b"".join(parts))
        if start is None:
            raise AssertionError("the app did not call start_response")
        self._close()
        return start.whole(b"".join(parts), method)

    def _stream(self, start: replies.Start, first: bytes) -> StreamReply:
        def opened(channel: StreamChannel) -> None:
            self._channel = channel
            self._send(first, last=False)

        return StreamReply(
            start.status, start.content_type, opened, tuple(start.headers), start.close, self._gone_midway
        )

    def _send(self, data: bytes, last: bool) -> None:
        channel = self._channel
        assert channel is not None
        channel.write(data)
        if last:
            channel.end()
        else:
            pull = lambda: self._run(self._pull)  # noqa: E731
            channel.when_writable(lambda: self._app.put(pull, self._request.id))

    def _pull(self) -> None:
        if self._over:
            return
        on_loop = self._links.service.on_loop
        try:
            part = next(self._parts, _END)
            while part == b"":
                part = next(self._parts, _END)
            if part is _END:
                self._close()
        except BaseException as error:
            self._close()
            self._failed(error)
            return
        if part is _END:
            on_loop(lambda: self._send(b"", last=True))
        else:
            data = bytes(part)  # type: ignore[call-overload]
            on_loop(lambda: self._send(data, last=False))

    def _close(self) -> None:
        """The app's `close`, once, whatever happened."""
        if self._over:
            return
        self._over = True
        close = getattr(self._result, "close", None)
        if close is not None:
            try:
                close()
            except BaseException as error:
                self._links.service.answers.raised(self._call, error)

    def _failed(self, error: BaseException) -> None:
        service = self._links.service
        service.answers.raised(self._call, error)
        reply, channel = self._call.reply, self._channel
        if channel is not None:
            service.on_loop(channel.abort)
        elif reply is not None and not self._sent:
            service.on_loop(lambda: self._respond(reply))


def _raise_again(exc_info: Any) -> NoReturn:
    raise exc_info[1].with_traceback(exc_info[2])


def environ_of(request: Request, address: tuple[str, int], threads: int) -> dict[str, Any]:
    """WSGI's environment of a request; `address` is the server's."""
    head = request.head
    path, query = path_and_query(head)
    environ: dict[str, Any] = {
        "REQUEST_METHOD": head.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": unquote_to_bytes(path.encode("latin-1")).decode("latin-1"),
        "QUERY_STRING": query,
        "SERVER_NAME": address[0],
        "SERVER_PORT": str(address[1]),
        "SERVER_PROTOCOL": f"HTTP/1.{head.minor}",
        "REMOTE_ADDR": address[0],
        "REQUEST_URI": head.target,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(request.body),
        "wsgi.input_terminated": True,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": threads > 1,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    environ.update(_variables(head.headers.items()))
    if request.body or "content-length" in head.headers:
        environ["CONTENT_LENGTH"] = str(len(request.body))
    environ["HTTP_X_REQUEST_ID"] = request.id
    return environ


def _variables(headers: Iterable[tuple[str, str]]) -> Iterator[tuple[str, str]]:
    for name, value in headers:
        if name == "content-type":
            yield "CONTENT_TYPE", value
        elif "_" not in name and name not in {"content-length", "transfer-encoding", "expect"}:
            # With an underscore it would look like another header with a dash.
            yield "HTTP_" + name.upper().replace("-", "_"), value
