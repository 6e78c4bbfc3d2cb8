"""Counting: shared files, sums that never go back, the forms in which they are told."""

from __future__ import annotations

import re
import timeit
from pathlib import Path

import pytest

from conftest import ROOT  # noqa: F401  # puts the package on the path
from model_server.measuring.cells import Cells
from model_server.measuring.metrics import METRICS, Meter, WorkerMetrics
from model_server.measuring.prometheus import OPEN_METRICS, TEXT, content_type, escape, render
from model_server.measuring.snapshot import as_json, clear_gauges, quantile, take_snapshot


def test_cells_are_kept_for_the_next_writer_and_seen_by_readers(tmp_path: Path) -> None:
    writer = Cells(tmp_path / "1.cells", create=True)
    reader = Cells(tmp_path / "1.cells", create=False)
    place = writer.place("näme", 3)
    assert place is not None
    writer.doubles[place + 2] += 4.5
    writer.set_text("text", "why ✓")
    assert reader.read()["näme"].numbers == (0.0, 0.0, 4.5)
    assert reader.read()["text"].text == "why ✓"
    writer.set_text("text", "x")
    assert reader.read()["text"].text == "x"
    writer.close()
    again = Cells(tmp_path / "1.cells", create=True)
    assert again.place("näme", 3) == place
    assert again.read()["näme"].numbers[2] == 4.5


def test_a_full_file_loses_what_is_new_only(tmp_path: Path) -> None:
    meter = Meter(tmp_path, 1)
    meter.add("dropped")
    for number in range(20_000):
        meter.add("requests", f"verb{number}" * 5, "v1", "200")
    meter.add("dropped")
    assert take_snapshot(tmp_path).value("dropped") == 2
    meter.text("mode", "inline", "x" * 5000)


def test_a_file_that_is_broken_is_made_again_by_its_writer_and_left_out_by_readers(tmp_path: Path) -> None:
    WorkerMetrics(tmp_path, 1).rejected("queue")
    (tmp_path / "metrics" / "2.cells").write_bytes(b"half")
    (tmp_path / "metrics" / "other").write_bytes(b"")
    assert take_snapshot(tmp_path).value("rejected", "queue") == 1
    WorkerMetrics(tmp_path, 2).rejected("queue")
    assert take_snapshot(tmp_path).value("rejected", "queue") == 2


def test_sums_survive_workers(tmp_path: Path) -> None:
    first, second = WorkerMetrics(tmp_path, 1), WorkerMetrics(tmp_path, 2)
    for meter in (first, second, second):
        meter.begin("predict")
        meter.queued(1)
        meter.batch_begins()
        meter.batch(1, 4, 0.002)
        meter.done("predict", 200, 0.004, "v1", 0.002)
    second.begin("predict")
    second.mode("inline", 'short "calls"')
    assert second._doubles[second._queued] == 1
    second.close()
    assert take_snapshot(tmp_path).value("requests_in_flight") == 1
    clear_gauges(tmp_path, 2)
    snapshot = take_snapshot(tmp_path)
    assert snapshot.value("requests_in_flight") == 0
    assert list(snapshot.workers) == [1]
    assert snapshot.value("requests", "predict", "v1", "200") == 3
    again = WorkerMetrics(tmp_path, 2)
    again.begin("predict")
    again.done("predict", 500, 7.0)
    value = as_json(take_snapshot(tmp_path), "iris", "1.0")
    assert value["totals"]["requests"] == [
        {"verb": "predict", "protocol": "v1", "status": 200, "count": 3},
        {"verb": "predict", "protocol": "v1", "status": 500, "count": 1},
    ]
    assert value["totals"]["modelSeconds"]["count"] == 3
    assert value["totals"]["overheadSeconds"]["count"] == 3
    assert value["totals"]["batchRows"]["sum"] == 12
    assert [worker["replica"] for worker in value["workers"]] == [1, 2]
    assert [worker["requestSeconds"]["count"] for worker in value["workers"]] == [1, 3]
    assert value["workers"][1]["requestSeconds"]["bounds"][:2] == [0.0005, 0.001]
    assert sum(value["workers"][0]["requestSeconds"]["counts"]) == 1
    assert value["workers"][1]["mode"] == "inline"
    assert value["workers"][1]["modeReason"] == 'short "calls"'


LINE = re.compile(
    r'(?:# (?:HELP|TYPE|EOF).*|[a-z_]+(?:\{[a-z_]+="(?:[^"\\\n]|\\.)*"(?:,[a-z_]+="(?:[^"\\\n]|\\.)*")*\})? '
    r"(?:[0-9.e+-]+|\+Inf))\Z"
)


@pytest.mark.parametrize("open_metrics", [False, True])
def test_the_page_is_well_formed(tmp_path: Path, open_metrics: bool) -> None:
    meter = WorkerMetrics(tmp_path, 1)
    for seconds in (0.0001, 0.0005, 0.3, 100.0):
        meter.begin("predict")
        meter.done("predict", 200, seconds)
    meter.batching(False, 'a "reason"\nwith \\ all')
    meter.tick(0)
    page = render(take_snapshot(tmp_path), 'i"ris', "1.0", open_metrics).decode()
    lines = page.splitlines()
    assert all(LINE.match(line) for line in lines), [line for line in lines if not LINE.match(line)]
    assert 'model_server_request_seconds_bucket{verb="predict",le="0.0005"} 2' in lines
    assert 'model_server_request_seconds_bucket{verb="predict",le="60.0"} 3' in lines
    assert 'model_server_request_seconds_bucket{verb="predict",le="+Inf"} 4' in lines
    assert 'model_server_request_seconds_count{verb="predict"} 4' in lines
    assert 'model_server_requests_total{verb="predict",protocol="v1",status="200"} 4' in lines
    assert (
        'model_server_batching_info{replica="1",batching="off",reason="a \\"reason\\"\\nwith \\\\ all"} 1'
        in lines
    )
    assert ("# TYPE model_server_requests counter" in lines) == open_metrics
    assert ("# TYPE model_server_requests_total counter" in lines) != open_metrics
    assert (lines[-1] == "# EOF") == open_metrics
    types = [line.split()[2] for line in lines if line.startswith("# TYPE")]
    assert len(types) == len(set(types))


def test_the_page_is_read_by_the_prometheus_client(tmp_path: Path) -> None:
    text = pytest.importorskip("prometheus_client.parser")
    openmetrics = pytest.importorskip("prometheus_client.openmetrics.parser")
    meter = WorkerMetrics(tmp_path, 1)
    meter.begin("predict")
    meter.batch(2, 3, 0.5)
    meter.done("predict", 200, 0.6, "v2", 0.5)
    meter.rejected("queue")
    meter.batching(True, 'checked "so"\n\\')
    snapshot = take_snapshot(tmp_path)
    for parse, form in (
        (text.text_string_to_metric_families, False),
        (openmetrics.text_string_to_metric_families, True),
    ):
        families = {family.name: family for family in parse(render(snapshot, "iris", "1", form).decode())}
        (sample,) = families["model_server_requests"].samples
        assert (sample.labels, sample.value) == ({"verb": "predict", "protocol": "v2", "status": "200"}, 1)
        reasons = [sample.labels["reason"] for sample in families["model_server_batching_info"].samples]
        assert reasons == ['checked "so"\n\\']


def test_the_form_follows_the_accept_header() -> None:
    assert content_type("application/openmetrics-text;version=1.0.0,text/plain;q=0.5") == OPEN_METRICS
    assert content_type("*/*") == content_type("") == TEXT


def test_labels_are_escaped() -> None:
    assert escape('a"b\\c\nd') == 'a\\"b\\\\c\\nd'


def test_quantiles() -> None:
    assert quantile((1.0, 2.0, 4.0), [0, 0, 0, 0], 0.5) is None
    assert quantile((1.0, 2.0, 4.0), [0, 10, 0, 0], 0.5) == 1.5
    assert quantile((1.0, 2.0, 4.0), [0, 0, 0, 5], 0.9) == 4.0


def test_every_metric_says_what_it_is() -> None:
    for name, metric in METRICS.items():
        assert re.fullmatch(r"[a-z_]+", name)
        assert metric.help.endswith(".")
        assert metric.kind in {"counter", "gauge", "histogram", "text"}
        assert bool(metric.buckets) == (metric.kind == "histogram")


def test_counting_a_request_is_cheap(tmp_path: Path) -> None:
    meter = WorkerMetrics(tmp_path, 1)

    def request() -> None:
        meter.begin("predict")
        meter.queued(3)
        meter.done("predict", 200, 0.0012, "v1", 0.001)

    seconds = min(timeit.repeat(request, number=5000, repeat=5)) / 5000
    # Beside a request of 60 µs and more on the processor, 5 µs would be too much; this is for slow machines.
    assert seconds < 20e-6
