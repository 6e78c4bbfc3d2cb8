"""Files of the project, by the routes of its datasets. Paths are full ones: /Projects/<project>/…"""

from __future__ import annotations

import posixpath
import uuid
from collections.abc import Iterator
from typing import Any, BinaryIO

from . import _rest

_CHUNK_BYTES = 10 * 1024 * 1024
_PAGE = 1000


def stat(path: str) -> dict[str, Any] | None:
    """What is known of a path; None when nothing is there."""
    reply = _rest.send("GET", _of(path))
    if not reply.ok:
        return None
    attributes: dict[str, Any] = reply.json()["attributes"]
    return attributes


def listing(path: str) -> Iterator[dict[str, Any]]:
    """What a folder holds."""
    seen = 0
    while True:
        query = f"?action=listing&offset={seen}&limit={_PAGE}&sort_by=NAME%3Aasc"
        reply = _rest.send("GET", _of(path) + query).check(f"list {path}").json()
        items = reply.get("items") or []
        yield from (item["attributes"] for item in items)
        seen += len(items)
        if not items or seen >= reply.get("count", 0):
            return


def make_folder(path: str) -> None:
    """A folder and those above it; what is there stays."""
    if stat(path) is not None:
        return
    above = posixpath.dirname(path)
    if above.count("/") > 2:
        make_folder(above)
    query = "?action=create&searchable=true&generate_readme=false&type=DATASET"
    _rest.send("POST", _of(path) + query).check(f"make the folder {path}")


def delete(path: str) -> None:
    """A file, or a folder with all it holds."""
    _rest.send("DELETE", _of(path)).check(f"delete {path}")


def move(path: str, to: str) -> None:
    """To a path that is free."""
    query = f"?action=move&destination_path={_rest.piece(to)}"
    _rest.send("POST", _of(path) + query).check(f"move {path}")


def read(path: str) -> bytes:
    """The content of a file."""
    target = f"/dataset/download/with_auth/{_rest.piece(path)}?type=DATASET"
    return _rest.send("GET", _rest.in_project(target)).check(f"read {path}").content


def write(file: BinaryIO, size: int, path: str) -> None:
    """A file from what is open, in chunks; the folder has to be there."""
    folder, name = posixpath.split(path)
    target = _rest.in_project(f"/dataset/upload/{_rest.piece(folder)}")
    chunks = max(1, -(-size // _CHUNK_BYTES))
    for number in range(1, chunks + 1):
        data = file.read(_CHUNK_BYTES)
        fields = {
            "flowChunkNumber": number,
            "flowChunkSize": _CHUNK_BYTES,
            "flowCurrentChunkSize": len(data),
            "flowTotalSize": size,
            "flowIdentifier": f"{size}_{name}",
            "flowFilename": name,
            "flowRelativePath": name,
            "flowTotalChunks": chunks,
        }
        _rest.send("POST", target, raw=_form(fields, name, data)).check(f"upload {path}")


def _form(fields: dict[str, Any], name: str, data: bytes) -> tuple[bytes, str]:
    mark = uuid.uuid4().hex
    texts = "".join(
        f'--{mark}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'
        for key, value in fields.items()
    )
    quoted = name.replace("\\", "\\\\").replace('"', '\\"')
    head = f'{texts}--{mark}\r\nContent-Disposition: form-data; name="file"; filename="{quoted}"\r\n\r\n'
    return head.encode() + data + f"\r\n--{mark}--\r\n".encode(), f"multipart/form-data; boundary={mark}"


def _of(path: str) -> str:
    return _rest.in_project(f"/dataset/{_rest.piece(path)}")
