"""One connection: bytes out, and every answer that comes back until the other side closes it."""

import asyncio
from dataclasses import dataclass
from typing import NamedTuple

from tests.http_cases.cases import GOOD, HEADLESS, Case


class Answer(NamedTuple):
    """An answer's status, its head as it was sent, and its body."""

    status: int
    head: bytes
    body: bytes

    @property
    def is_fit(self) -> bool:
        """Whether a refusal is a problem document (RFC 9457); one to HEAD has no body, but its type."""
        return self.status < 400 or b"content-type: application/problem+json" in self.head.lower()


@dataclass(frozen=True)
class Target:
    """Where cases go: a service's address, what it takes, and the status with which it takes it."""

    host: str
    port: int
    path: str
    token: str
    body: str
    good: int

    def request(self, case: Case) -> bytes:
        """The case's bytes for this service."""
        size = len(self.body)
        values = {"path": self.path, "token": self.token, "body": self.body, "size": str(size), "hex": f"{size:x}"}
        text = case.request
        for name, value in values.items():
            text = text.replace(f"<{name}>", value)
        return text.encode("latin-1")

    async def wrong(self, case: Case, expected: tuple[int, ...], within_s: float) -> str | None:
        """What is wrong with the answers to a case; None where they are as expected and every refusal is a problem."""
        statuses = [self.good if status == GOOD else status for status in expected]
        try:
            answers = await self.send(case, within_s)
        except TimeoutError:
            return f"{case.name}: the connection was not closed"
        given = [answer.status for answer in answers]
        if given != statuses:
            return f"{case.name}: {given} instead of {statuses}"
        if not all(answer.is_fit for answer in answers):
            return f"{case.name}: a refusal that is no problem document"
        return None

    async def send(self, case: Case, within_s: float) -> list[Answer]:
        """The answers to a case. Raises `TimeoutError` when the connection is still open after `within_s`."""
        reader, writer = await asyncio.open_connection(self.host, self.port)
        try:
            writer.write(self.request(case))
            if case.half_closes:
                writer.write_eof()
            received = await asyncio.wait_for(_until_closed(reader), within_s)
        finally:
            writer.transport.abort()
        return answers_in(received, head_only=case.request.startswith("HEAD "))


async def _until_closed(reader: asyncio.StreamReader) -> bytes:
    parts = []
    try:
        while part := await reader.read(65536):
            parts.append(part)
    except ConnectionError:  # it was closed on bytes that it had not read
        pass
    return b"".join(parts)


def answers_in(received: bytes, *, head_only: bool = False) -> list[Answer]:
    """The answers one after the other; what has no head is `HEADLESS`."""
    found: list[Answer] = []
    while received:
        head, _, rest = received.partition(b"\r\n\r\n")
        if not head.startswith((b"HTTP/1.1 ", b"HTTP/1.0 ")):
            return [*found, Answer(HEADLESS, b"", received)]
        status = int(head.split(b" ", 2)[1])
        size = 0 if head_only or status < 200 else _length(head)
        found.append(Answer(status, head, rest[:size]))
        received = rest[size:]
    return found


def _length(head: bytes) -> int:
    fields = (line.partition(b":") for line in head.lower().split(b"\r\n")[1:])
    return int({name: value for name, _, value in fields}.get(b"content-length", b"0"))
