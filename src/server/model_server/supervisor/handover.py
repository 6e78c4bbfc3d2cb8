"""Handing the listening socket to the server that takes over, so that no connection is lost between the two.

Both then accept from the same socket; the one that took it tells the other to end once its own workers
are ready. Only where descriptors can be sent over a socket, so not on Windows.
"""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import socket
import tempfile
from pathlib import Path
from typing import Callable

_HELLO = b"take"
_RELEASE = b"release"
_PATIENCE_SECONDS = 5.0

CAN_HAND_OVER = hasattr(socket, "send_fds") and hasattr(socket, "AF_UNIX")


class Offer:
    """What a running server has ready for the one that takes over."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, listening: socket.socket, on_release: Callable[[], None]
    ) -> None:
        self._loop = loop
        self._listening = listening
        self._on_release = on_release
        self._folder: str | None = None
        self._door: socket.socket | None = None
        self._taker: socket.socket | None = None

    @property
    def path(self) -> str | None:
        """Where it can be asked for; None where sockets can't be handed over."""
        return os.path.join(self._folder, "door") if self._folder is not None else None

    @property
    def is_taken(self) -> bool:
        """Whether another server listens on the same socket."""
        return self._taker is not None

    def open(self) -> None:
        """Make the door, in a folder that only this user can enter."""
        if not CAN_HAND_OVER:
            return
        try:
            # Not in runDir: the path of a socket has at most 107 characters, on macOS 103.
            self._folder = tempfile.mkdtemp(prefix="model-server-")
            self._door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self._door.bind(os.path.join(self._folder, "door"))
            self._door.listen(1)
            self._door.setblocking(False)
        except OSError:
            self.close()
            return
        self._loop.add_reader(self._door, self._knock)

    def close(self) -> None:
        """Take the door away."""
        for sock in (self._door, self._taker):
            if sock is not None:
                self._loop.remove_reader(sock)
                sock.close()
        self._door = self._taker = None
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    def _knock(self) -> None:
        assert self._door is not None
        try:
            taker, _ = self._door.accept()
        except OSError:
            return
        if self._taker is not None:
            taker.close()  # one at a time
            return
        try:
            socket.send_fds(taker, [_HELLO], [self._listening.fileno()])
        except OSError:
            taker.close()
            return
        taker.setblocking(False)
        self._taker = taker
        self._loop.add_reader(taker, self._heard)

    def _heard(self) -> None:
        assert self._taker is not None
        try:
            said = self._taker.recv(64)
        except BlockingIOError:
            return
        except OSError:
            said = b""
        if said == _RELEASE:
            self._on_release()
        elif not said:
            # It ended before it was ready: everything stays as it was.
            self._loop.remove_reader(self._taker)
            self._taker.close()
            self._taker = None


class Taken:
    """A socket that another server still answers on."""

    def __init__(self, listening: socket.socket, giver: socket.socket) -> None:
        self.listening = listening
        self.is_released = False
        self._giver = giver

    def release(self) -> None:
        """Let the other one end: from here on this server answers alone."""
        if self.is_released:
            return
        self.is_released = True
        try:
            self._giver.sendall(_RELEASE)
        except OSError:
            return  # it has ended already


def take_over(state_file: Path | None, port: int) -> Taken | None:
    """Ask the server of that state file for its socket; None when it can't give it or has another port."""
    if state_file is None or not CAN_HAND_OVER:
        return None
    giver = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    giver.settimeout(_PATIENCE_SECONDS)
    try:
        door = json.loads(state_file.read_text(encoding="utf-8")).get("handover")
        if not isinstance(door, str):
            raise ValueError(door)
        giver.connect(door)
        said, descriptors, _, _ = socket.recv_fds(giver, 64, 1)
        if said != _HELLO or len(descriptors) != 1:
            raise ValueError(said)
        listening = socket.socket(fileno=descriptors[0])
    except (OSError, ValueError, AttributeError):
        giver.close()
        return None
    if port not in {0, listening.getsockname()[1]}:
        listening.close()
        giver.close()
        return None
    listening.setblocking(False)
    return Taken(listening, giver)
