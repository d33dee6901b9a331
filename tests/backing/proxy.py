"""A way to a server that can be cut or fall silent."""

import asyncio

from yarl import URL

from tests.backing.ports import free_ports


class Proxy:
    """A TCP proxy before a server, which can be cut, or frozen: then nothing comes back."""

    def __init__(self, target: str) -> None:
        self._target = URL(target)
        (self._port,) = free_ports(1)
        self.url = str(self._target.with_port(self._port))
        self._server: asyncio.Server | None = None
        self._writers: list[asyncio.StreamWriter] = []
        self._flows = asyncio.Event()
        self._flows.set()

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self._port)

    def freeze(self) -> None:
        self._flows.clear()

    def thaw(self) -> None:
        self._flows.set()

    async def stop(self) -> None:
        """Cuts every connection and takes no new one."""
        if self._server is not None:
            self._server.close()
        for writer in self._writers:
            writer.transport.abort()
        self._writers.clear()
        self.thaw()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        target_reader, target_writer = await asyncio.open_connection(self._target.host, self._target.port)
        self._writers += [writer, target_writer]
        await asyncio.gather(self._pump(reader, target_writer), self._pump(target_reader, writer, self._flows))

    @staticmethod
    async def _pump(
        reader: asyncio.StreamReader, writer: asyncio.StreamWriter, flows: asyncio.Event | None = None
    ) -> None:
        try:
            while chunk := await reader.read(65_536):
                if flows is not None:
                    await flows.wait()
                writer.write(chunk)
                await writer.drain()
        except OSError:
            pass
        finally:
            writer.close()
