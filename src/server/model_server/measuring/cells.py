"""Named numbers in a file that several processes map: each has one writer, everyone reads.

A file survives the process that wrote it, so a sum over all files never goes back when a worker dies, and the
worker that takes its place goes on counting in the same file.
"""

from __future__ import annotations

import mmap
import struct
import threading
from pathlib import Path
from typing import NamedTuple

FILE_BYTES = 128 * 1024
_HEAD = struct.Struct("<8sQ")  # mark, bytes used
_ENTRY = struct.Struct("<HHI")  # bytes of the key, kind, values (numbers) or bytes (text)
_MARK = b"MSCELLS1"
_NUMBERS, _TEXT = 0, 1
_KEY_BYTES = 400
TEXT_BYTES = 512


class Entry(NamedTuple):
    """What one key holds: numbers, or a text (then `numbers` is empty)."""

    numbers: tuple[float, ...]
    text: str


class Cells:
    """One file. `place` and `text_place` are for its writer, `read` for everyone."""

    def __init__(self, path: Path, create: bool) -> None:
        self._memory = _made(path) if create else _mapped(path)
        self.doubles = memoryview(self._memory).cast("d")
        self._lock = threading.Lock()
        self._places = {key: place for key, place, _, _ in self._entries()}

    def place(self, key: str, count: int = 1) -> int | None:
        """Index in `doubles` of the first of `count` numbers under `key`; None when the file is full."""
        return self._find(key, _NUMBERS, count)

    def find(self, key: str) -> int | None:
        """Index of what another process may have made meanwhile; None when it is not there."""
        place = self._places.get(key)
        if place is None:
            self._places = {name: place for name, place, _, _ in self._entries()}
            place = self._places.get(key)
        return place

    def set_text(self, key: str, text: str) -> None:
        """Keep a text of at most 500 bytes under `key`."""
        index = self._find(key, _TEXT, TEXT_BYTES)
        if index is None:
            return
        data = text.encode("utf-8", "replace")[: TEXT_BYTES - 4]
        start = index * 8
        struct.pack_into("<I", self._memory, start, 0)
        self._memory[start + 4 : start + 4 + len(data)] = data
        struct.pack_into("<I", self._memory, start, len(data))

    def read(self) -> dict[str, Entry]:
        """Everything that is there."""
        found: dict[str, Entry] = {}
        for key, place, kind, count in self._entries():
            if kind == _NUMBERS:
                found[key] = Entry(tuple(self.doubles[place : place + count]), "")
            else:
                (length,) = struct.unpack_from("<I", self._memory, place * 8)
                data = self._memory[place * 8 + 4 : place * 8 + 4 + min(length, TEXT_BYTES - 4)]
                found[key] = Entry((), data.decode("utf-8", "replace"))
        return found

    def close(self) -> None:
        """Unmap."""
        self.doubles.release()
        try:
            self._memory.close()
        except BufferError:
            return  # a reader in another thread is not done: the end of the process unmaps it

    def _find(self, key: str, kind: int, count: int) -> int | None:
        place = self._places.get(key)
        if place is None:
            with self._lock:
                place = self._places.get(key)
                if place is None:
                    place = self._add(key, kind, count)
                if place is not None:
                    self._places[key] = place
        return place

    def _add(self, key: str, kind: int, count: int) -> int | None:
        name = key.encode("utf-8", "replace")[:_KEY_BYTES]
        _, used = _HEAD.unpack_from(self._memory, 0)
        start = _aligned(used + _ENTRY.size + len(name))
        end = start + (count * 8 if kind == _NUMBERS else _aligned(count))
        if end > FILE_BYTES:
            return None
        _ENTRY.pack_into(self._memory, used, len(name), kind, count)
        self._memory[used + _ENTRY.size : used + _ENTRY.size + len(name)] = name
        self._memory[start:end] = bytes(end - start)
        # Last: until then a reader does not see the entry.
        _HEAD.pack_into(self._memory, 0, _MARK, end)
        return start // 8

    def _entries(self) -> list[tuple[str, int, int, int]]:
        _, used = _HEAD.unpack_from(self._memory, 0)
        found = []
        at = _HEAD.size
        while at < min(used, FILE_BYTES):
            length, kind, count = _ENTRY.unpack_from(self._memory, at)
            name = self._memory[at + _ENTRY.size : at + _ENTRY.size + length].decode("utf-8", "replace")
            start = _aligned(at + _ENTRY.size + length)
            found.append((name, start // 8, kind, count))
            at = start + (count * 8 if kind == _NUMBERS else _aligned(count))
        return found


def _aligned(size: int) -> int:
    return (size + 7) // 8 * 8


def _mapped(path: Path) -> mmap.mmap:
    with open(path, "r+b") as file:
        return mmap.mmap(file.fileno(), FILE_BYTES)


def _made(path: Path) -> mmap.mmap:
    """The file's memory; on a full disk memory that nobody else sees: counting must not end a serving."""
    head = _HEAD.pack(_MARK, _HEAD.size)
    try:
        if not _is_usable(path):
            # Written out, without holes: a page that finds no place on the disk later would end the process.
            path.write_bytes(head + bytes(FILE_BYTES - _HEAD.size))
        return _mapped(path)
    except OSError:
        own = mmap.mmap(-1, FILE_BYTES)
        own[: len(head)] = head
        return own


def _is_usable(path: Path) -> bool:
    try:
        with open(path, "rb") as file:
            return file.read(len(_MARK)) == _MARK and path.stat().st_size == FILE_BYTES
    except OSError:
        return False
