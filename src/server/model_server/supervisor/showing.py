"""What server.json shows of the replicas; what changes all the time is only read anew now and then."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ..measuring.cells import Cells
from ..measuring.metrics import metrics_folder
from .replica import Replica

_SLOW = ("requests", "memoryBytes", "inFlight", "queued")


def show(replicas: list[Replica], shown: list[dict[str, Any]], counters: bool) -> list[dict[str, Any]]:
    """Their form in the state file, `shown` being the last one; counters and memory only when asked for."""
    before = {item["number"]: item for item in shown}
    items = []
    for replica in replicas:
        old = before.get(replica.number)
        item = replica.as_json(memory=counters or old is None)
        if counters or old is None:
            item.update(_requests(replica))
        else:
            item.update({key: old[key] for key in _SLOW})
        items.append(item)
    return items


def _requests(replica: Replica) -> dict[str, int]:
    """How many a worker answers at this moment, and how many of them wait for the user's code."""
    found = {"inFlight": 0, "queued": 0}
    if replica.state not in {"ready", "stopping"}:
        return found
    folder: Path = metrics_folder(replica.config.run_dir)
    try:
        cells = Cells(folder / f"{replica.number}.cells", create=False)
    except (OSError, ValueError):
        return found
    for key, name in (("inFlight", "requests_in_flight"), ("queued", "queue_length")):
        place = cells.find(name)
        if place is not None:
            found[key] = int(cells.doubles[place])
    cells.close()
    return found
