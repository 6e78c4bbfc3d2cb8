"""`async def` verbs: awaited on the main thread, on one event loop that lives as long as the worker."""

from __future__ import annotations

import asyncio
import functools
import inspect
from collections.abc import AsyncGenerator, Coroutine, Iterator
from typing import Any, Callable


class Coroutines:
    """The script's own event loop: what it opens on it (sessions, pools) stays usable from call to call."""

    def __init__(self) -> None:
        self._loop: asyncio.AbstractEventLoop | None = None

    def plain(self, method: Callable[[Any], Any]) -> Callable[[Any], Any]:
        """The method itself, or one that awaits its result; an async generator becomes an iterator."""
        if not (inspect.iscoroutinefunction(method) or inspect.isasyncgenfunction(method)):
            return method

        @functools.wraps(method)
        def call(inputs: Any) -> Any:
            result = method(inputs)
            if inspect.iscoroutine(result):
                result = self.run(result)
            return Items(self, result) if inspect.isasyncgen(result) else result

        return call

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Await it; raises what it raises."""
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
        try:
            return self._loop.run_until_complete(coroutine)
        finally:
            coroutine.close()  # does nothing unless it could not be begun


class Items(Iterator[Any]):
    """An async generator, item by item."""

    def __init__(self, coroutines: Coroutines, generator: AsyncGenerator[Any, None]) -> None:
        self._coroutines = coroutines
        self._generator = generator

    def __next__(self) -> Any:
        try:
            return self._coroutines.run(self._await(self._generator.__anext__()))
        except StopAsyncIteration:
            raise StopIteration from None

    def close(self) -> None:
        """End the generator where it stands."""
        self._coroutines.run(self._await(self._generator.aclose()))

    @staticmethod
    async def _await(step: Any) -> Any:
        return await step


def is_generator(method: Callable[[Any], Any]) -> bool:
    """Whether what the method returns is read item by item."""
    method = inspect.unwrap(method)
    return inspect.isgeneratorfunction(method) or inspect.isasyncgenfunction(method)
