"""A short run of fuzz.py; the long one is `fuzz.py --requests 100000`, with and without --pure."""

from __future__ import annotations

import pytest

from fuzz import fuzz, launch

REQUESTS = 2500


@pytest.mark.timeout(240)
@pytest.mark.parametrize("parts", ["pure", "compiled"])
def test_mutated_requests(parts: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    if parts == "compiled":
        pytest.importorskip("httptools", reason="httptools is not installed")
    serving = launch(tmp_path_factory.mktemp(parts) / "serving", parts == "pure")
    try:
        statuses, faults = fuzz(serving, 20260101, REQUESTS)
        assert faults == []
        # The requests reach everything: what is right, what is wrong, what is nowhere, and what fails in the script.
        for status in ("200", "400", "404", "405"):
            assert statuses[status] > 10, statuses
        assert serving.stop() == 0
    finally:
        serving.end()
