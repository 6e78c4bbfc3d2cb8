"""Metrics as text: Prometheus 0.0.4, or OpenMetrics 1.0 for who asks for it."""

from __future__ import annotations

from dataclasses import replace

from ..processes import memory_bytes
from .metrics import METRICS, Metric
from .snapshot import Key, Snapshot, text_of

PREFIX = "model_server_"
TEXT = "text/plain; version=0.0.4; charset=utf-8"
OPEN_METRICS = "application/openmetrics-text; version=1.0.0; charset=utf-8"
# Of each worker alone: a sum would say nothing.
_BY_REPLICA = ("requests_in_flight", "queue_length", "worker_cpu_seconds")
_NOT_SHOWN = {"busy_since", "worker_pid", "inference_log_known"}


def content_type(accept: str) -> str:
    """The form for an Accept header."""
    return OPEN_METRICS if "application/openmetrics-text" in accept.lower() else TEXT


def render(snapshot: Snapshot, name: str, version: str, open_metrics: bool) -> bytes:
    """The whole page."""
    lines: list[str] = []
    _family(lines, "info", Metric("gauge", "The serving and its server."), open_metrics)
    lines.append(f"{PREFIX}info{_labels(('serving', 'version'), (name, version))} 1")
    for metric_name, metric in METRICS.items():
        if metric_name in _NOT_SHOWN:
            continue
        if metric.kind == "text":
            _text(lines, metric_name, metric, snapshot, open_metrics)
            continue
        series, shown = snapshot.of(metric_name), metric
        if metric_name in _BY_REPLICA:
            series, shown = _by_replica(metric_name, snapshot), replace(metric, labels=("replica",))
        if not series:
            continue
        _family(lines, metric_name, shown, open_metrics)
        for labels, numbers in sorted(series.items()):
            _series(lines, metric_name, shown, labels, numbers)
    _memory(lines, snapshot, open_metrics)
    if open_metrics:
        lines.append("# EOF")
    return ("\n".join(lines) + "\n").encode()


def escape(value: str) -> str:
    """A label's value as it stands between quotes."""
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _family(lines: list[str], name: str, metric: Metric, open_metrics: bool) -> None:
    full = PREFIX + name
    if metric.kind == "counter" and not open_metrics:
        full += "_total"
    lines.extend((f"# HELP {full} {metric.help}", f"# TYPE {full} {metric.kind}"))


def _series(lines: list[str], name: str, metric: Metric, labels: Key, numbers: list[float]) -> None:
    full = PREFIX + name
    if metric.kind != "histogram":
        ending = "_total" if metric.kind == "counter" else ""
        lines.append(f"{full}{ending}{_labels(metric.labels, labels)} {_number(numbers[0])}")
        return
    count = 0.0
    names, values = (*metric.labels, "le"), (*labels,)
    for bound, number in zip((*map(repr, metric.buckets), "+Inf"), numbers):
        count += number
        lines.append(f"{full}_bucket{_labels(names, (*values, bound))} {_number(count)}")
    shown = _labels(metric.labels, labels)
    lines.extend((f"{full}_sum{shown} {_number(numbers[-1])}", f"{full}_count{shown} {_number(count)}"))


def _by_replica(name: str, snapshot: Snapshot) -> dict[Key, list[float]]:
    found: dict[Key, list[float]] = {}
    for number, entries in snapshot.workers.items():
        entry = entries.get((name,))
        if entry is not None and entry.numbers:
            found[(str(number),)] = list(entry.numbers)
    return found


def _text(lines: list[str], name: str, metric: Metric, snapshot: Snapshot, open_metrics: bool) -> None:
    shown = []
    for number, entries in sorted(snapshot.workers.items()):
        value, reason = text_of(entries, name)
        if value:
            labels = _labels(("replica", name, "reason"), (str(number), value, reason))
            shown.append(f"{PREFIX}{name}_info{labels} 1")
    if shown:
        _family(lines, f"{name}_info", Metric("gauge", metric.help), open_metrics)
        lines.extend(shown)


def _memory(lines: list[str], snapshot: Snapshot, open_metrics: bool) -> None:
    shown = []
    for number, entries in sorted(snapshot.workers.items()):
        size = memory_bytes(int(entries["worker_pid",].numbers[0]))
        if size is not None:
            shown.append(f"{PREFIX}worker_memory_bytes{_labels(('replica',), (str(number),))} {size}")
    if shown:
        about = Metric("gauge", "Resident memory of each worker, with what it shares.")
        _family(lines, "worker_memory_bytes", about, open_metrics)
        lines.extend(shown)


def _labels(names: tuple[str, ...], values: Key) -> str:
    if not names:
        return ""
    return "{" + ",".join(f'{name}="{escape(value)}"' for name, value in zip(names, values)) + "}"


def _number(value: float) -> str:
    return str(int(value)) if value == int(value) and abs(value) < 2**53 else repr(value)
