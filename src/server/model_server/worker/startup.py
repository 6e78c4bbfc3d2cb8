"""Loading the user's code in a process that is there for it, and telling the supervisor why it failed."""

from __future__ import annotations

from typing import Any, Callable, TypeVar

from ..config import LaunchConfig
from ..logs.capture import Origin, capture_output
from ..logs.outbox import Outbox
from ..logs.records import make_record
from ..pickles.guard import PickleGuard
from ..script.explaining import Explainer
from ..script.usercode import UserCode, load_user_code
from ..vendored import ROOT
from .ending import end_process, flush_streams

EXIT_LOAD_FAILED = 3
T = TypeVar("T")


class Startup:
    """From its making on, prints are records and pickles are watched. `replica` 0: for all of them."""

    def __init__(self, config: LaunchConfig, replica: int, outbox: Outbox) -> None:
        self.origin = Origin(replica or None)
        self.pickles = PickleGuard(config.pickle_allow)
        self._config = config
        self._work_dir = config.run_dir / "work" / str(replica)
        self._outbox = outbox
        self._stage = "import"
        self._explainer = Explainer(config)
        capture_output(self.origin, outbox.log, self._explainer.version_warnings.append)
        self.pickles.install()

    def load(self) -> UserCode:
        """The user's code; does not return when it can't be loaded."""
        code = self.attempt(
            lambda: load_user_code(self._config, self._work_dir, ROOT / "compat", self._begin)
        )
        flush_streams()
        return code

    def attempt(self, step: Callable[[], T]) -> T:
        """Do a step of the start; does not return when it raises."""
        try:
            return step()
        except BaseException as error:
            failure = self._explainer.explain(self._stage, self.pickles.refusal(error))
            flush_streams()
            fields: dict[str, Any] = {"exception": failure["exception"]} if failure["exception"] else {}
            self._outbox.log(
                make_record("ERROR", "script", failure["message"], self.origin.replica, **fields)
            )
            self._outbox.event("failed", failure=failure)
            end_process(EXIT_LOAD_FAILED, self._outbox)

    def _begin(self, stage: str) -> None:
        self._stage = stage
        self._outbox.event("stage", name=stage)
