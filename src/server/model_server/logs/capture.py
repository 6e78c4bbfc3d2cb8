"""A script's prints, logging and warnings as log records that know their request."""

from __future__ import annotations

import codecs
import contextvars
import io
import logging
import os
import sys
import threading
import traceback
import warnings
from dataclasses import dataclass
from typing import Any, Callable, TextIO, cast

from .records import MAX_RECORD_BYTES, make_record

CURRENT_REQUEST: contextvars.ContextVar[str | None] = contextvars.ContextVar(
    "model_server_request", default=None
)
CHECK = "batch-check"  # stands for a request while the server itself calls the script to see what it does
_MAX_LINE = MAX_RECORD_BYTES // 2
Send = Callable[[bytes], None]


def _level(level: str) -> str:
    return "DEBUG" if CURRENT_REQUEST.get() == CHECK else level


@dataclass
class Origin:
    """Which replica's output it is; None while one process loads for all of them."""

    replica: int | None


class LineWriter(io.TextIOBase):
    """Takes the place of sys.stdout or sys.stderr: each line becomes a record, however it is written.

    Closing it does nothing: a script that closes stdout must not lose what it prints later.
    """

    def __init__(self, name: str, fd: int, level: str, origin: Origin, send: Send) -> None:
        self._name = name
        self._fd = fd
        self._level = level
        self._origin = origin
        self._send = send
        self._lock = threading.RLock()
        self._text: list[str] = []
        self._length = 0
        self._request: str | None = None
        self._buffer = _Bytes(self)
        if hasattr(os, "register_at_fork"):
            os.register_at_fork(after_in_child=self._after_fork)

    encoding = "utf-8"
    errors = "backslashreplace"

    @property
    def name(self) -> str:
        """As a real stream has it: '<stdout>'."""
        return f"<{self._name}>"

    @property
    def buffer(self) -> _Bytes:
        """The binary side."""
        return self._buffer

    def write(self, text: str) -> int:
        """Text up to the last newline is sent, the rest waits."""
        if not isinstance(text, str):
            raise TypeError(f"write() argument must be str, not {type(text).__name__}")
        with self._lock:
            request = CURRENT_REQUEST.get()
            if self._text and request != self._request:
                self._end_line()
            self._request = request
            start = 0
            while True:
                end = text.find("\n", start)
                if end < 0:
                    break
                self._add(text[start:end])
                self._end_line()
                start = end + 1
            self._add(text[start:])
        return len(text)

    def flush(self) -> None:
        """Send what waits, as a line of its own."""
        with self._lock:
            if self._text:
                self._end_line()

    def close(self) -> None:
        """Flush only."""
        self.flush()

    def fileno(self) -> int:
        """The real descriptor: what children write there is captured as well."""
        return self._fd

    def isatty(self) -> bool:
        """Never."""
        return False

    def writable(self) -> bool:
        """Always."""
        return True

    def reconfigure(self, **_: object) -> None:
        """Lines become records whatever encoding or buffering a script wants."""

    def detach(self) -> Any:
        """The binary side."""
        return self._buffer

    def _after_fork(self) -> None:
        # A thread that held the lock does not exist in a forked child.
        self._lock = threading.RLock()

    def _add(self, text: str) -> None:
        _, again, rest = text.rpartition("\r")
        if again and rest:
            # A progress bar: what was written from the line's start on replaces what was there.
            self._text.clear()
            self._length = 0
            text = rest
        while self._length + len(text) > _MAX_LINE:
            room = _MAX_LINE - self._length
            self._text.append(text[:room])
            self._end_line()
            text = text[room:]
        if text:
            self._text.append(text)
            self._length += len(text)

    def _end_line(self) -> None:
        line = "".join(self._text).rstrip("\r")
        self._text.clear()
        self._length = 0
        level = "DEBUG" if self._request == CHECK else self._level
        self._send(make_record(level, self._name, line, self._origin.replica, self._request))


class _Bytes(io.BufferedIOBase):
    """The binary side of a LineWriter."""

    def __init__(self, writer: LineWriter) -> None:
        self._writer = writer
        self._decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")

    def write(self, data: Any) -> int:
        """Bytes that are no UTF-8 appear as escapes."""
        content = bytes(data)
        self._writer.write(self._decoder.decode(content))
        return len(content)

    def flush(self) -> None:
        """Flush the text side."""
        self._writer.flush()

    def close(self) -> None:
        """Flush only."""
        self._writer.flush()

    def writable(self) -> bool:
        """Always."""
        return True

    def fileno(self) -> int:
        """The real descriptor."""
        return self._writer.fileno()


class RecordHandler(logging.Handler):
    """Python's logging → records with their level and logger name."""

    def __init__(self, origin: Origin, send: Send) -> None:
        super().__init__()
        self._origin = origin
        self._send_record = send

    def emit(self, record: logging.LogRecord) -> None:  # noqa: D102
        try:
            message = record.getMessage()
            if record.exc_info and record.exc_info[1] is not None:
                message += "\n" + "".join(traceback.format_exception(*record.exc_info)).rstrip()
        except Exception as error:
            message = f"{record.msg} (could not be formatted: {error})"
        level = {"CRITICAL": "ERROR", "WARNING": "WARN"}.get(record.levelname, record.levelname)
        if level not in {"DEBUG", "INFO", "WARN", "ERROR"}:
            level = "DEBUG" if record.levelno < 20 else "INFO" if record.levelno < 30 else "WARN"
        self._send_record(
            make_record(_level(level), record.name, message, self._origin.replica, CURRENT_REQUEST.get())
        )


def capture_output(origin: Origin, send: Send, on_warning: Callable[[Warning], None]) -> None:
    """Install all of it in this process; `on_warning` sees each warning that is shown."""
    sys.stdout = cast(TextIO, LineWriter("stdout", 1, "INFO", origin, send))
    sys.stderr = cast(TextIO, LineWriter("stderr", 2, "WARN", origin, send))
    _capture_logging(RecordHandler(origin, send))

    def show_warning(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,  # noqa: ARG001
    ) -> None:
        if file is not None:
            file.write(f"{filename}:{lineno}: {category.__name__}: {message}\n")
            return
        text = f"{category.__name__}: {message}"
        send(
            make_record(
                _level("WARN"),
                "warnings",
                text,
                origin.replica,
                CURRENT_REQUEST.get(),
                file=filename,
                line=lineno,
                category=category.__name__,
            )
        )
        if isinstance(message, Warning):
            on_warning(message)

    warnings.showwarning = show_warning

    def thread_failed(failed: threading.ExceptHookArgs) -> None:
        if failed.exc_value is None or failed.exc_type is SystemExit:
            return
        name = failed.thread.name if failed.thread else "a thread"
        text = "".join(
            traceback.format_exception(failed.exc_type, failed.exc_value, failed.exc_traceback)
        ).rstrip()
        send(
            make_record("ERROR", "script", f"The thread {name} ended by an exception\n{text}", origin.replica)
        )

    threading.excepthook = thread_failed


def _capture_logging(handler: RecordHandler) -> None:
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    original = logging.basicConfig

    def basic_config(**wanted: Any) -> None:
        # With our handler in place the original would do nothing: a level is honoured, handlers of the
        # script's own are added beside ours, and one that would only repeat everything on stderr is left out.
        if "filename" in wanted or "handlers" in wanted:
            root.removeHandler(handler)
            original(**wanted)
            root.addHandler(handler)
        elif wanted.get("level") is not None:
            root.setLevel(wanted["level"])

    logging.basicConfig = basic_config
