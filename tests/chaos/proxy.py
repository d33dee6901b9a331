"""A TCP proxy between one process and its broker or database, whose two directions can each be spoilt."""

import asyncio
import random
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

_CHUNK = 64 * 1024
_RST = struct.pack("ii", 1, 0)
_RETRANSMISSION_S = (0.2, 1.6)


def _open() -> asyncio.Event:
    event = asyncio.Event()
    event.set()
    return event


@dataclass
class Direction:
    """What happens to the bytes of one direction.

    While `passes` is not set nothing arrives. `delay_s` is how much later bytes arrive, `loss` how likely a piece has
    to be sent again, `bytes_per_s` how fast they go (0 is any).
    """

    passes: asyncio.Event = field(default_factory=_open)
    delay_s: float = 0.0
    loss: float = 0.0
    bytes_per_s: int = 0

    async def carry(self, size: int, chance: random.Random) -> None:
        """Returns when so many bytes may arrive."""
        pause_s = self.delay_s + (size / self.bytes_per_s if self.bytes_per_s else 0.0)
        if self.loss and chance.random() < self.loss:
            pause_s += chance.uniform(*_RETRANSMISSION_S)
        if pause_s:
            await asyncio.sleep(pause_s)  # what the network does
        await self.passes.wait()

    def heal(self) -> None:
        self.passes.set()
        self.delay_s, self.loss, self.bytes_per_s = 0.0, 0.0, 0


@dataclass(eq=False)
class _Connection:
    """Both sides of one connection."""

    client: asyncio.StreamWriter
    server: asyncio.StreamWriter


class Proxy:
    """Listens on a port of 127.0.0.1 and passes everything on to another one."""

    def __init__(self, upstream_port: int, chance: random.Random) -> None:
        self.to_server = Direction()
        self.to_client = Direction()
        self.port = 0
        self._upstream_port = upstream_port
        self._chance = chance
        self._connections: set[_Connection] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[None]:
        server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield
        finally:
            server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    def heal(self) -> None:
        """Both directions are as good as new; connections of which one side was reset end on the other side too."""
        self.to_server.heal()
        self.to_client.heal()

    def reset(self, side: str) -> None:
        """Resets the `server`'s or the `client`'s side of each connection; the other one hears nothing until `heal`."""
        for direction in (self.to_server, self.to_client):
            direction.passes.clear()
        for connection in tuple(self._connections):
            _reset(connection.server if side == "server" else connection.client)

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.ensure_future(self._serve(reader, writer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _serve(self, client_reader: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        try:
            await self.to_server.passes.wait()
            server_reader, server = await asyncio.open_connection("127.0.0.1", self._upstream_port)
        except OSError:
            client.transport.abort()
            return
        connection = _Connection(client, server)
        self._connections.add(connection)
        pumps = {
            asyncio.ensure_future(_pump(client_reader, server, self.to_server, self._chance)),
            asyncio.ensure_future(_pump(server_reader, client, self.to_client, self._chance)),
        }
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            self._connections.discard(connection)
            client.transport.abort()
            server.transport.abort()


async def _pump(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, direction: Direction, chance: random.Random
) -> None:
    """Passes one direction on until its end, which arrives like everything else."""
    with suppress(OSError):
        while data := await reader.read(_CHUNK):
            await direction.carry(len(data), chance)
            writer.write(data)
            await writer.drain()
    await direction.passes.wait()
    with suppress(OSError, RuntimeError):
        writer.write_eof()


def _reset(writer: asyncio.StreamWriter) -> None:
    """RST instead of FIN."""
    raw = writer.get_extra_info("socket")
    with suppress(OSError):
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RST)
    writer.transport.abort()
