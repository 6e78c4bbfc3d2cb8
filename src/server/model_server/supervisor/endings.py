"""Why workers died, and which requests ran in them: those must not end another one."""

from __future__ import annotations

import re
from typing import Any

from ..processes import exit_kind
from .memorylimit import MemoryLimit
from .replica import Replica
from .startfailures import Death, death_of

# Of our gateways, which send a request again when its worker died: an id of another client may come twice.
_GATEWAY_ID = re.compile(r"g[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}\Z")
_KEPT = 1000


class Endings:
    """`refused`: requests that ran alone when their worker died, with the reason; they are not run again.

    `careful`: those that ran together with others, of which one was it; they are run again, each alone.
    """

    def __init__(self) -> None:
        self.refused: dict[str, str] = {}
        self.careful: dict[str, str] = {}
        self._memory = MemoryLimit()

    def look(self) -> None:
        """To be called every few seconds."""
        self._memory.look()

    def death(self, replica: Replica, code: int) -> Death:
        """A replica's worker ended; to be asked before the replica forgets it."""
        by_system = exit_kind(code) == "killed" and not replica.killed
        death = death_of(code, self._memory.exceeded() if by_system else None)
        ids, alone = replica.gateway_requests()
        if not replica.killed:
            for identifier in filter(_GATEWAY_ID.match, ids):
                self._keep(identifier, death.text, alone)
        return death

    def _keep(self, identifier: str, text: str, alone: bool) -> None:
        self.careful.pop(identifier, None)
        kept = self.refused if alone else self.careful
        kept[identifier] = text
        if len(kept) > _KEPT:
            del kept[next(iter(kept))]

    def tell(self, replica: Replica) -> None:
        """Let a worker know."""
        if self.refused or self.careful:
            told: dict[str, Any] = {"refused": self.refused, "careful": list(self.careful)}
            replica.send("ended", **told)
