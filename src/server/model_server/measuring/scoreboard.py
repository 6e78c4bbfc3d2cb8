"""What a worker is doing, in memory that its supervisor can read after the worker was killed."""

from __future__ import annotations

import mmap
import struct
from collections.abc import Sequence
from pathlib import Path

_FORM = struct.Struct("<QB127s")
_GATEWAY = struct.Struct("<HH")  # bytes of the ids that follow, and whether there is only this request
_IDS_AT = _FORM.size + _GATEWAY.size
_SIZE = 16 * 1024


class Scoreboard:
    """One small file mapped into both processes: calls so far and the id of the running one."""

    def __init__(self, path: Path, create: bool) -> None:
        if create:
            path.write_bytes(bytes(_SIZE))
        with open(path, "r+b") as file:
            self._memory = mmap.mmap(file.fileno(), _SIZE)
        self._calls = 0
        self._has_ids = False

    def begin(self, request: str, calls: int = 1, gateway: Sequence[str] = (), alone: bool = True) -> None:
        """The call of this request runs, with others: so many in all.

        `gateway` are the ids of those that gateways may send again; `alone`: there is only one request.
        """
        identifier = request.encode("ascii", "replace")[:127]
        self._calls += calls
        _FORM.pack_into(self._memory, 0, self._calls, len(identifier), identifier)
        if gateway or self._has_ids:
            ids = " ".join(gateway).encode("ascii", "replace")[: _SIZE - _IDS_AT]
            self._memory[_IDS_AT : _IDS_AT + len(ids)] = ids
            _GATEWAY.pack_into(self._memory, _FORM.size, len(ids), alone)
            self._has_ids = bool(ids)

    def end(self) -> None:
        """No call runs."""
        self._memory[8] = 0

    def read(self) -> tuple[int, str]:
        """Calls begun so far, and the running one's request id or ''."""
        calls, length, identifier = _FORM.unpack_from(self._memory, 0)
        return calls, identifier[:length].decode("ascii", "replace")

    def gateway_requests(self) -> tuple[list[str], bool]:
        """Of the running calls the ids that gateways gave, and whether there is only one call."""
        length, alone = _GATEWAY.unpack_from(self._memory, _FORM.size)
        if not self._memory[8]:
            return [], False
        return self._memory[_IDS_AT : _IDS_AT + length].decode("ascii", "replace").split(), bool(alone)

    def close(self) -> None:
        """Unmap."""
        self._memory.close()
