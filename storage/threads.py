"""Threads that do the store's work, so that the event loop does not wait for a disk.

A vote hops to a thread and back. The standard library's executor makes two futures and four locks for that; this is a
queue and one future, at a third of its price where a hop has no company (a hundred votes a second).
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, TypeVar

R = TypeVar("R")
Work = tuple[asyncio.AbstractEventLoop, "asyncio.Future[Any]", Callable[..., Any], tuple[Any, ...]]


class Threads:
    """So many threads, which take what is to be done in its order."""

    def __init__(self, count: int, name: str) -> None:
        self._work: SimpleQueue[Work | None] = SimpleQueue()
        self._closed = False
        # Daemons: a process that ends without having closed its store does not wait for what hangs in a driver.
        self._threads = [
            threading.Thread(target=self._run, name=f"{name}_{number}", daemon=True) for number in range(count)
        ]
        for one in self._threads:
            one.start()

    def do(self, work: Callable[..., R], *arguments: Any) -> asyncio.Future[R]:  # noqa: ANN401 - they are the work's
        """Have this done. Whoever does not wait for it any more keeps it from being begun, not from being ended.

        Raises RuntimeError once it is closed.
        """
        if self._closed:
            raise RuntimeError("the database was let go of")
        loop = asyncio.get_running_loop()
        done: asyncio.Future[R] = loop.create_future()
        self._work.put((loop, done, work, arguments))
        return done

    def close(self) -> None:
        """Come back once all that was asked for is done. Nothing may be asked for afterwards."""
        self._closed = True
        for _ in self._threads:
            self._work.put(None)
        for one in self._threads:
            one.join()

    def _run(self) -> None:
        while asked := self._work.get():
            loop, done, work, arguments = asked
            if done.cancelled():
                continue
            try:
                settle: tuple[Any, ...] = (_settle, done, work(*arguments))
            except BaseException as error:  # noqa: BLE001 - it is raised where it was asked for
                settle = (_fail, done, error)
            with suppress(RuntimeError):  # the loop is closed: nobody waits
                loop.call_soon_threadsafe(*settle)
            # While a thread waits it must not hold on to what it did last.
            del asked, loop, done, work, arguments, settle


def _settle(done: asyncio.Future[R], result: R) -> None:
    if not done.done():
        done.set_result(result)


def _fail(done: asyncio.Future[Any], error: BaseException) -> None:
    # A future refuses StopIteration: before Python 3.12 by raising here, where nobody hears it, and the asker waits on.
    if isinstance(error, StopIteration):
        stopped = RuntimeError("what the store's thread was asked to do raised StopIteration")
        stopped.__cause__ = error
        error = stopped
    if not done.done():
        done.set_exception(error)
