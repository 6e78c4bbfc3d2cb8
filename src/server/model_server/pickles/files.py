"""Files that hold pickles: plain ones, joblib's, compressed ones, numpy's, and archives as torch's."""

from __future__ import annotations

import ast
import bz2
import gzip
import io
import lzma
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any, BinaryIO, cast

from .machine import Import, Machine, Unreadable
from .rules import suspicion

_NPY = b"\x93NUMPY"
_MAX_BYTES = 16 << 30  # of what is compressed: a bomb must not keep us for hours


def inspect_pickle(path: Path) -> dict[str, Any]:
    """What loading the file would import, in order, without loading it.

    {format, imports: [{module, name}], suspicious: [{module, name, why}], unreadable: reason or None}; what
    was found before the place that can't be read is listed as well.
    """
    found: dict[Import, None] = {}
    form, problem = "unknown", None
    try:
        with open(path, "rb") as file:
            form = _read(file, found)
    except (OSError, EOFError, ValueError, zlib.error, lzma.LZMAError, zipfile.BadZipFile) as error:
        problem = (getattr(error, "strerror", None) or str(error)) or type(error).__name__
    except Unreadable as error:
        problem = str(error)
    suspicious = []
    for item in found:
        why = "its name is computed" if "?" in {item.module, item.name} else suspicion(item.module, item.name)
        if why:
            suspicious.append({"module": item.module, "name": item.name, "why": why})
    imports = [{"module": item.module, "name": item.name} for item in found]
    return {"format": form, "imports": imports, "suspicious": suspicious, "unreadable": problem}


def _read(file: BinaryIO, found: dict[Import, None]) -> str:
    start = _peek(file, 16)
    if not start:
        raise Unreadable("the file is empty")
    if start.startswith(b"PK\x03\x04"):
        return _read_zip(file, found)
    if start.startswith(_NPY):
        return _read_npy(file, found)
    opened, name = _decompressed(file, start)
    if opened is None:
        return _read_pickles(file, found)
    return f"{_read_pickles(opened, found)} ({name})"


def _peek(file: BinaryIO, count: int) -> bytes:
    start = file.read(count)
    file.seek(0)
    return start


def _decompressed(file: BinaryIO, start: bytes) -> tuple[BinaryIO | None, str]:
    if start.startswith(b"\x1f\x8b"):
        return cast(BinaryIO, gzip.GzipFile(fileobj=file)), "gzip"
    if start.startswith(b"BZh"):
        return cast(BinaryIO, bz2.BZ2File(file)), "bz2"
    if start.startswith((b"\xfd7zXZ\x00", b"\x5d\x00\x00")):
        return cast(BinaryIO, lzma.LZMAFile(file)), "xz" if start.startswith(b"\xfd") else "lzma"
    if start[:1] == b"x" and len(start) > 1 and (start[0] * 256 + start[1]) % 31 == 0:
        return cast(BinaryIO, io.BufferedReader(_Zlib(file))), "zlib"
    if start.startswith(b"\x04\x22\x4d\x18"):
        raise Unreadable("it is compressed by lz4, which is not read here: save it with compress=('zlib', 3)")
    return None, ""


class _Zlib(io.RawIOBase):
    """Bytes of a zlib stream, as joblib writes it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._stream = zlib.decompressobj()
        self._rest = b""
        self._size = 0

    def readable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._size

    def readinto(self, buffer: Any) -> int:
        data = b""
        while not data and not self._stream.eof:
            source = self._rest or self._file.read(1 << 16)
            if not source:
                raise EOFError("it is cut off in its compressed data")
            data = self._stream.decompress(source, len(buffer))
            self._rest = self._stream.unconsumed_tail
        self._size += len(data)
        if self._size > _MAX_BYTES:
            raise Unreadable("it is larger than what is read here")
        buffer[: len(data)] = data
        return len(data)


def _read_pickles(file: BinaryIO, found: dict[Import, None]) -> str:
    """One pickle, or several behind each other with data behind them, as torch wrote before its archives."""
    machine = Machine(file)
    machine.imports = found
    count = 0
    while True:
        try:
            machine.run()
        except Unreadable as error:
            if count == 0:
                raise Unreadable(
                    f"it is not a pickle, or it is cut off: {error}" if not found else str(error)
                ) from None
            break
        count += 1
    return "joblib" if machine.has_arrays else "pickle"


def _read_zip(file: BinaryIO, found: dict[Import, None]) -> str:
    form, problems = "zip", []
    with zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            with archive.open(info) as member:
                start = member.read(16)
            name = info.filename.lower()
            is_pickle = name.endswith((".pkl", ".pickle", ".joblib")) or _looks_pickled(start)
            if start.startswith(_NPY):
                form = "npz"
            elif not is_pickle:
                continue
            with archive.open(info) as member:
                try:
                    if start.startswith(_NPY):
                        _read_npy(cast(BinaryIO, member), found)
                    else:
                        _read_pickles(cast(BinaryIO, member), found)
                except Unreadable as error:
                    if name.endswith(".pkl") or start.startswith(_NPY):
                        problems.append(f"{info.filename}: {error}")
            if name.endswith("/data.pkl"):
                form = "torch"
    if problems:
        raise Unreadable("; ".join(problems)[:500])
    return form


def _looks_pickled(start: bytes) -> bool:
    return start[:1] == b"\x80" and start[1:2] in {b"\x02", b"\x03", b"\x04", b"\x05"}


def _read_npy(file: BinaryIO, found: dict[Import, None]) -> str:
    """Only an array of objects has a pickle in it."""
    head = file.read(8)
    size = struct.unpack("<H", file.read(2))[0] if head[6] == 1 else struct.unpack("<I", file.read(4))[0]
    header = ast.literal_eval(file.read(size).decode("utf-8" if head[6] >= 3 else "latin-1"))
    if "O" in str(header.get("descr")):
        _read_pickles(file, found)
    return "npy"
