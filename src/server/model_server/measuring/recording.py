"""What the inference log tells of itself: written by its process, shown in server.json and /metrics.json."""

from __future__ import annotations

from pathlib import Path
from typing import Any, NamedTuple

from ..logs.records import now_text
from ..recordoptions import InferenceLogOptions
from .cells import Cells, Entry
from .metrics import RECORDER, SEPARATOR, Meter, key_of, metrics_folder
from .snapshot import Snapshot

EVERY_SINK = "all"  # records that were lost before any sink had them
_STATE, _MESSAGE, _REMEDY = "inference_log_state", "inference_log_message", "inference_log_remedy"
_MOST_CHARACTERS = 160  # a text cell has room for 500 bytes


class Problem(NamedTuple):
    """Why a sink does not get its records, and what to do about it."""

    kind: str
    message: str
    remedy: str


class RecorderMeter(Meter):
    """Counts what became of records. Each sink's numbers are written by one thread."""

    def __init__(self, run_dir: Path) -> None:
        super().__init__(run_dir, RECORDER)

    def state(self, sink: str, state: str, problem: Problem | None = None) -> None:
        """What a sink does now; a problem stays known as the last one when it is over."""
        if problem is not None:
            self._cells.set_text(key_of(_MESSAGE, sink), problem.message[:_MOST_CHARACTERS])
            self._cells.set_text(key_of(_REMEDY, sink), problem.remedy[:_MOST_CHARACTERS])
            self._cells.set_text(key_of(_STATE, sink), SEPARATOR.join((state, problem.kind[:40], now_text())))
            return
        entry = self._cells.read().get(key_of(_STATE, sink))
        _, _, last = (entry.text if entry is not None else "").partition(SEPARATOR)
        self._cells.set_text(key_of(_STATE, sink), f"{state}{SEPARATOR}{last}")


def recording_json(options: InferenceLogOptions, run_dir: Path, snapshot: Snapshot) -> dict[str, Any]:
    """The form in server.json and /metrics.json."""
    entries, sinks = _read(run_dir), []
    if options.file is not None:
        about: dict[str, Any] = {
            "sink": "file",
            "mode": options.file.mode,
            "folder": str(options.file.folder),
        }
        sinks.append({**about, **_numbers("file", entries, snapshot)})
    if options.kafka is not None:
        kafka = options.kafka
        about = {"sink": "kafka", "mode": kafka.mode, "brokers": kafka.brokers, "topic": kafka.topic}
        about["schemaVersion"] = kafka.schema_version
        sinks.append({**about, **_numbers("kafka", entries, snapshot)})
    return {
        "records": int(snapshot.value("inference_log_records")),
        "droppedBefore": _dropped(snapshot, EVERY_SINK),
        "limit": {"records": options.queue_records, "bytes": options.queue_bytes},
        "sinks": sinks,
    }


def _numbers(sink: str, entries: dict[str, Entry], snapshot: Snapshot) -> dict[str, Any]:
    reasons = _dropped(snapshot, sink)
    state, kind, at = (*_text(entries, _STATE, sink).split(SEPARATOR), "", "")[:3]
    error = {
        "kind": kind,
        "message": _text(entries, _MESSAGE, sink),
        "remedy": _text(entries, _REMEDY, sink),
        "at": at,
    }
    return {
        "state": state or "starting",
        "sent": int(snapshot.value("inference_log_sent", sink)),
        "dropped": sum(reasons.values()),
        "droppedBecause": reasons,
        "waiting": int(snapshot.value("inference_log_waiting", sink)),
        "waitingBytes": int(snapshot.value("inference_log_waiting_bytes", sink)),
        "lastError": error if kind else None,
    }


def _dropped(snapshot: Snapshot, sink: str) -> dict[str, int]:
    series = snapshot.of("inference_log_dropped").items()
    return {key[1]: int(numbers[0]) for key, numbers in sorted(series) if key[0] == sink and numbers[0]}


def _text(entries: dict[str, Entry], name: str, sink: str) -> str:
    entry = entries.get(key_of(name, sink))
    return entry.text if entry is not None else ""


def _read(run_dir: Path) -> dict[str, Entry]:
    try:
        cells = Cells(metrics_folder(run_dir) / f"{RECORDER}.cells", create=False)
    except (OSError, ValueError):
        return {}
    entries = cells.read()
    cells.close()
    return entries
