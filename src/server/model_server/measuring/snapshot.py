"""The metrics of all workers, living and dead, read and summed at one moment."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..logs.records import now_text
from ..processes import memory_bytes
from .cells import FILE_BYTES, Cells, Entry
from .metrics import METRICS, SEPARATOR, SUPERVISOR, metrics_folder

Key = tuple[str, ...]  # the metric's name and the values of its labels


@dataclass
class Snapshot:
    """Sums by series, and what each living worker has."""

    totals: dict[Key, list[float]] = field(default_factory=dict)
    workers: dict[int, dict[Key, Entry]] = field(default_factory=dict)

    def value(self, *key: str) -> float:
        """A counter's or gauge's sum; 0 when there is none."""
        return self.totals.get(key, [0.0])[0]

    def of(self, name: str) -> dict[Key, list[float]]:
        """The series of one metric by the values of their labels."""
        return {key[1:]: numbers for key, numbers in self.totals.items() if key[0] == name}


def take_snapshot(run_dir: Path) -> Snapshot:
    """Read all files; one that is just being made is left out."""
    snapshot = Snapshot()
    for number, path in sorted(_files(metrics_folder(run_dir))):
        try:
            cells = Cells(path, create=False)
        except (OSError, ValueError):
            continue
        entries = {tuple(key.split(SEPARATOR)): entry for key, entry in cells.read().items()}
        cells.close()
        for key, entry in entries.items():
            metric = METRICS.get(key[0])
            if metric is None or metric.kind == "text" or len(entry.numbers) != metric.count:
                continue
            before = snapshot.totals.get(key)
            snapshot.totals[key] = (
                list(entry.numbers)
                if before is None
                else [one + other for one, other in zip(before, entry.numbers)]
            )
        if number != SUPERVISOR and _number(entries, "worker_pid"):
            snapshot.workers[number] = entries
    return snapshot


def clear_gauges(run_dir: Path, number: int) -> None:
    """What a worker that ended can't say any more: nothing is in flight or waiting there."""
    try:
        cells = Cells(metrics_folder(run_dir) / f"{number}.cells", create=False)
    except (OSError, ValueError):
        return
    for key, entry in cells.read().items():
        metric = METRICS.get(key.split(SEPARATOR)[0])
        if metric is not None and metric.kind == "gauge" and entry.numbers:
            place = cells.place(key)
            if place is not None:
                cells.doubles[place] = 0.0
    cells.close()


def as_json(snapshot: Snapshot, name: str, version: str) -> dict[str, Any]:
    """What /metrics.json answers: totals, and each worker's share."""
    totals = {
        "requests": [
            {"verb": key[0], "protocol": key[1], "status": int(key[2]), "count": int(numbers[0])}
            for key, numbers in sorted(snapshot.of("requests").items())
        ],
        "requestSeconds": {
            key[0]: _histogram("request_seconds", numbers)
            for key, numbers in sorted(snapshot.of("request_seconds").items())
        },
        "inFlight": int(snapshot.value("requests_in_flight")),
        "queueLength": int(snapshot.value("queue_length")),
        "dropped": int(snapshot.value("dropped")),
        "streamedItems": int(snapshot.value("streamed_items")),
        "cpuSeconds": round(snapshot.value("worker_cpu_seconds"), 3),
        "restarts": int(snapshot.value("worker_restarts")),
    }
    for json_name, metric in (
        ("modelSeconds", "model_seconds"),
        ("overheadSeconds", "overhead_seconds"),
        ("batchRows", "batch_rows"),
        ("batchRequests", "batch_requests"),
    ):
        totals[json_name] = _histogram(
            metric, snapshot.totals.get((metric,)) or [0.0] * METRICS[metric].count
        )
    for metric in ("rejected", "reloads", "scalings"):
        totals[metric] = {key[0]: int(numbers[0]) for key, numbers in sorted(snapshot.of(metric).items())}
    workers = [_worker(number, entries) for number, entries in sorted(snapshot.workers.items())]
    totals["memoryBytes"] = sum(worker["memoryBytes"] or 0 for worker in workers)
    return {"time": now_text(), "name": name, "version": version, "totals": totals, "workers": workers}


def _worker(number: int, entries: dict[Key, Entry]) -> dict[str, Any]:
    pid = int(_number(entries, "worker_pid"))
    requests = [entry.numbers[0] for key, entry in entries.items() if key[0] == "requests" and entry.numbers]
    times = [list(entry.numbers) for key, entry in entries.items() if key[0] == "request_seconds"]
    none = [0.0] * METRICS["request_seconds"].count
    model = entries.get(("model_seconds",))
    answer: dict[str, Any] = {
        "replica": number,
        "pid": pid,
        "memoryBytes": memory_bytes(pid),
        "cpuSeconds": round(_number(entries, "worker_cpu_seconds"), 3),
        "requests": int(sum(requests)),
        "requestSeconds": _histogram("request_seconds", [sum(each) for each in zip(none, *times)]),
        "modelSeconds": round(model.numbers[-1], 6) if model and model.numbers else 0.0,
        "inFlight": int(_number(entries, "requests_in_flight")),
        "queueLength": int(_number(entries, "queue_length")),
    }
    for name in ("mode", "batching"):
        value, reason = text_of(entries, name)
        answer[name], answer[f"{name}Reason"] = value or None, reason or None
    return answer


def text_of(entries: dict[Key, Entry], name: str) -> tuple[str, str]:
    """Value and reason of a text metric; both '' when it was never set."""
    entry = entries.get((name,))
    value, _, reason = (entry.text if entry else "").partition(SEPARATOR)
    return value, reason


def quantile(buckets: tuple[float, ...], counts: list[float], share: float) -> float | None:
    """The value below which `share` of what was counted lies, by lines within buckets; None if empty."""
    wanted = share * sum(counts)
    if wanted <= 0:
        return None
    below, reached = 0.0, 0.0
    for bound, count in zip(buckets, counts):
        if count and reached + count >= wanted:
            return below + (bound - below) * (wanted - reached) / count
        below, reached = bound, reached + count
    return buckets[-1]


def _histogram(name: str, numbers: list[float]) -> dict[str, Any]:
    buckets = METRICS[name].buckets
    counts = numbers[:-1]
    found: dict[str, Any] = {
        "count": int(sum(counts)),
        "sum": round(numbers[-1], 6),
        "bounds": list(buckets),
        "counts": [int(count) for count in counts],
    }
    for percent in (50, 90, 99):
        value = quantile(buckets, counts, percent / 100)
        found[f"p{percent}"] = None if value is None else round(value, 6)
    return found


def _number(entries: dict[Key, Entry], name: str) -> float:
    entry = entries.get((name,))
    return entry.numbers[0] if entry and entry.numbers else 0.0


def _files(folder: Path) -> list[tuple[int, Path]]:
    try:
        names = os.listdir(folder)
    except OSError:
        return []
    found = []
    for name in names:
        stem, _, ending = name.rpartition(".")
        path = folder / name
        if ending == "cells" and stem.isdigit() and path.stat().st_size == FILE_BYTES:
            found.append((int(stem), path))
    return found
