"""Watches what pickles import in this process, and refuses what an allow list does not have."""

from __future__ import annotations

import sys
from typing import Any

from .rules import is_allowed

_MAX_SEEN = 1000


class PickleImportRefused(Exception):
    """A pickle wanted to import what the allow list does not have; nothing of it was imported."""

    def __init__(self, module: str, name: str) -> None:
        self.full_name = f"{module}.{name}"
        super().__init__(
            f"The pickle wants to import {self.full_name}, which the allow list does not have: "
            f"if you trust the file, add '{self.full_name}' to the definition's pickleImports"
        )


class PickleGuard:
    """From `install` on and for as long as the process lives: an audit hook can't be taken away.

    It sees every unpickler that uses the standard way to find classes (pickle, joblib, torch, cloudpickle).
    """

    def __init__(self, allow: list[str] | None) -> None:
        self._allow = allow
        self.seen: dict[str, None] = {}
        self.refused: PickleImportRefused | None = None  # the first one

    def install(self) -> None:
        """Begin."""
        seen, allow = self.seen, self._allow

        def hook(event: str, arguments: tuple[Any, ...]) -> None:
            if event != "pickle.find_class":
                return
            module, name = str(arguments[0]), str(arguments[1])
            if len(seen) < _MAX_SEEN:
                seen[f"{module}.{name}"] = None
            if allow is not None and not is_allowed(module, name, allow):
                refused = PickleImportRefused(module, name)
                self.refused = self.refused or refused
                raise refused

        sys.addaudithook(hook)

    def refusal(self, error: BaseException) -> BaseException:
        """The refusal in place of what was made of it: libraries put exceptions of their own around it."""
        if self.refused is None or isinstance(error, PickleImportRefused):
            return error
        cause: BaseException | None = error
        for _ in range(10):
            if cause is None:
                break
            if isinstance(cause, PickleImportRefused):
                return cause.with_traceback(error.__traceback__)
            cause = cause.__cause__ or cause.__context__
        return error
