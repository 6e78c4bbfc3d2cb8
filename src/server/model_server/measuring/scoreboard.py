"""What a worker is doing, in memory that its supervisor can read after the worker was killed."""

from __future__ import annotations

import mmap
import struct
from pathlib import Path

_FORM = struct.Struct("<QB127s")


class Scoreboard:
    """One small file mapped into both processes: calls so far and the id of the running one."""

    def __init__(self, path: Path, create: bool) -> None:
        if create:
            path.write_bytes(bytes(_FORM.size))
        with open(path, "r+b") as file:
            self._memory = mmap.mmap(file.fileno(), _FORM.size)
        self._calls = 0

    def begin(self, request: str, calls: int = 1) -> None:
        """The call of this request runs, with others: so many in all."""
        identifier = request.encode("ascii", "replace")[:127]
        self._calls += calls
        _FORM.pack_into(self._memory, 0, self._calls, len(identifier), identifier)

    def end(self) -> None:
        """No call runs."""
        self._memory[8] = 0

    def read(self) -> tuple[int, str]:
        """Calls begun so far, and the running one's request id or ''."""
        calls, length, identifier = _FORM.unpack_from(self._memory, 0)
        return calls, identifier[:length].decode("ascii", "replace")

    def close(self) -> None:
        """Unmap."""
        self._memory.close()
