"""The command `send`: order, splitting, stopping, exit codes, and what it says and does not say."""

import asyncio
import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from aiohttp import web

from shared.contract import tokens
from shared.contract.tokens import TokenKind
from tests.backing.command import run
from tests.integration.given_receiver import Json, Server, in_turn, problem, receiving

ROOT = Path(__file__).parents[2]
WITHIN_S = 60.0


@pytest.fixture
async def server() -> AsyncIterator[Server]:
    async with receiving() as found:
        yield found


@dataclass(frozen=True)
class Command:
    """The command on a file of rows `{"n": 1}`, `{"n": 2}` and so on."""

    url: str
    file: Path
    access: str = field(default_factory=lambda: tokens.make(TokenKind.ACCESS))
    integration: str = field(default_factory=lambda: tokens.make(TokenKind.INTEGRATION))

    @property
    def rejects(self) -> Path:
        return self.file.with_name(self.file.name + ".rejects.ndjson")

    def start(
        self, *words: str, stderr: int = subprocess.PIPE, environment: Mapping[str, str] | None = None
    ) -> "subprocess.Popen[str]":
        return subprocess.Popen(
            [sys.executable, "-m", "services", "send", str(self.file), *words],
            cwd=ROOT,
            env=self._environment | dict(environment or {}),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )

    async def run(self, *words: str, environment: Mapping[str, str] | None = None) -> tuple[int, str, str]:
        """Exit code, output, errors."""
        own = self._environment | dict(environment or {})
        ran = await run("send", str(self.file), *words, environment=own, within_s=WITHIN_S)
        self._require_no_token(ran.out + ran.err)
        return ran.code, ran.out, ran.err

    async def end(self, process: "subprocess.Popen[str]") -> tuple[int, str, str]:
        try:
            output, errors = await asyncio.to_thread(process.communicate, None, WITHIN_S)
        finally:
            process.kill()
        self._require_no_token(output + (errors or ""))
        return process.returncode, output, errors

    @property
    def _environment(self) -> dict[str, str]:
        known = {"INLET_URL": self.url, "INLET_ACCESS_TOKEN": self.access, "INLET_INTEGRATION_TOKEN": self.integration}
        return {"PATH": "/usr/bin:/bin"} | known

    def _require_no_token(self, said: str) -> None:
        assert self.access not in said
        assert self.integration not in said


@pytest.fixture
def command(server: Server, tmp_path: Path) -> Command:
    file = tmp_path / "rows.ndjson"
    file.write_text("".join(f'{{"n": {number}}}\n' for number in range(1, 1001)))
    return Command(server.url, file)


def numbers(data: Sequence[Json]) -> list[int]:
    return [each["n"] for each in data]


async def test_rows_arrive_in_the_order_of_the_file(server: Server, command: Command) -> None:
    # given: answers that make the sender wait
    answers = in_turn(*(problem(503, "not_ready", {"Retry-After": "0"}) for _ in range(3)))
    server.script = lambda data: answers(data) if len(server.posts) % 2 else None

    # when
    code, output, errors = await command.run("--batch", "100")

    # then
    assert (code, numbers(server.accepted), server.asked) == (0, list(range(1, 1001)), 10), errors
    assert re.search(r"^written +1,000$", output, re.MULTILINE)


async def test_progress_is_a_line_in_a_log_and_a_bar_on_a_terminal(server: Server, command: Command) -> None:
    # when
    _, _, errors = await command.run("--batch", "100")

    # then
    assert re.fullmatch(r"100 rows sent \(9% of the file\), [0-9,]+ rows/s\n", errors)

    # when
    shown, terminal = os.openpty()
    environment = {"TERM": "xterm", "COLUMNS": "120", "NO_COLOR": "1"}
    process = command.start(stderr=terminal, environment=environment)
    os.close(terminal)
    (code, _, _), bar = await asyncio.gather(command.end(process), asyncio.to_thread(all_of, shown))

    # then
    assert code == 0
    assert re.match(r" 100% 1,000 rows, [0-9,]+ rows/s 0:00:00 2 of 2 receipts read", bar.rpartition("━")[2])


def all_of(terminal: int) -> str:
    """What a terminal shows until the last program on it has ended."""
    found = b""
    with suppress(OSError), os.fdopen(terminal, "rb", buffering=0) as stream:
        while part := stream.read(65536):
            found += part
    return found.decode()


async def test_a_batch_that_is_too_large_is_split_and_the_limit_is_kept_to(server: Server, command: Command) -> None:
    # given
    server.script = lambda data: problem(413, "too_many_records", limit=30) if len(data) > 30 else None

    # when
    code, _, errors = await command.run("--batch", "100")

    # then: one refusal, and no row lost, repeated or out of order
    assert (code, numbers(server.accepted)) == (0, list(range(1, 1001))), errors
    assert [len(data) for _, data in server.posts if len(data) > 30] == [100]


async def test_a_row_that_is_too_large_alone_is_rejected_and_the_rest_is_sent(server: Server, command: Command) -> None:
    # given: a limit of bytes that the door does not name
    server.script = lambda data: web.Response(status=413) if 500 in numbers(data) else None

    # when
    code, output, _ = await command.run("--batch", "100", "--parallel", "4")

    # then
    assert code == 1
    assert sorted(numbers(server.accepted)) == [number for number in range(1, 1001) if number != 500]
    assert re.search(r"^not sent +1$", output, re.MULTILINE)
    [line] = command.rejects.read_text().splitlines()
    reject = json.loads(line)
    assert (reject["row"], reject["code"], reject["record"]) == (500, "body_too_large", {"n": 500})


async def test_all_pages_of_rejects_are_written_with_their_rows(server: Server, command: Command) -> None:
    # given: each batch has rejects on two pages, and two rows of the file are no records
    rows = command.file.read_text().splitlines(keepends=True)
    command.file.write_text("".join([*rows[:2], "nonsense\n", *rows[2:], "[]\n"]))
    record = {"index": 1, "property": None, "code": "missing_user_id", "message": "M."}
    value = {"index": 3, "property": "n", "code": "invalid_number", "message": "M."}
    server.pages = {
        "": {"written": 499, "rejected": 1, "values_rejected": 1, "rejects": [record], "next": "7"},
        "7": {"rejects": [value], "next": None},
    }

    # when
    code, output, _ = await command.run()

    # then: rows are counted as they stand in the file
    assert code == 1
    for said in ("rows sent +1,000", "not sent +2", "rejected +2", "values rejected +2"):
        assert re.search(f"^{said}$", output, re.MULTILINE)
    assert re.search(r"^why: invalid_number +2$", output, re.MULTILINE)
    rejects = [json.loads(line) for line in command.rejects.read_text().splitlines()]
    found = [(each["row"], each["index"], each["property"], each["code"], each["record"]) for each in rejects]
    assert found == [
        (2, 1, None, "missing_user_id", {"n": 2}),
        (3, None, None, "invalid_json", "nonsense\n"),
        (5, 3, "n", "invalid_number", {"n": 4}),
        (503, 1, None, "missing_user_id", {"n": 502}),
        (505, 3, "n", "invalid_number", {"n": 504}),
        (1002, None, None, "not_an_object", "[]\n"),
    ]
    assert command.rejects.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("page", "code", "said"),
    [
        ({"state": "pending"}, 2, r"^still pending +1,000$"),
        ({"state": "failed", "failure": "unknown_revision"}, 2, r"^failed: unknown_revision +1,000$"),
        ({"written": 499, "superseded": 3, "unmapped": {"shoe": 2}}, 0, r"^nothing is mapped to: shoe +4$"),
    ],
)
async def test_what_the_receipts_say(server: Server, command: Command, page: Json, code: int, said: str) -> None:
    # given
    server.pages = {"": page}

    # when
    found, output, errors = await command.run("--wait", "0.2")

    # then
    assert found == code, errors
    assert re.search(said, output, re.MULTILINE)
    assert ("run the same command again" in errors) == (code == 2)


async def test_receipts_that_are_pending_are_waited_for(server: Server, command: Command) -> None:
    # given
    server.pending = 5

    # when
    code, output, errors = await command.run()

    # then
    assert code == 0, errors
    assert server.asked == 5 + 2
    assert re.search(r"^written +1,000$", output, re.MULTILINE)


@pytest.mark.parametrize(("words", "coding"), [([], "gzip"), (["--no-gzip"], None)])
async def test_bodies_are_compressed_unless_told_otherwise(
    server: Server, command: Command, words: Sequence[str], coding: str | None
) -> None:
    # when
    await command.run("--no-wait", *words)

    # then
    assert (server.codings, numbers(server.accepted)) == ({coding}, list(range(1, 1001)))


async def test_receipts_are_not_read_where_they_are_not_wanted(server: Server, command: Command) -> None:
    # when
    code, output, _ = await command.run("--no-wait")

    # then
    assert (code, server.asked, len(server.accepted)) == (0, 0, 1000)
    assert "written" not in output


async def test_a_refusal_ends_the_run_and_says_how_far_it_came(server: Server, command: Command) -> None:
    # given
    refusal = problem(403, "forbidden_integration", detail=f"not {command.access} nor {command.integration}")
    server.script = lambda data: refusal if 500 in numbers(data) else None

    # when
    code, output, errors = await command.run("--batch", "100")

    # then
    assert (code, output, len(server.posts)) == (2, "", 5)
    assert "403 T; not (token) nor (token)" in errors
    assert "400 rows were accepted in 4 batches; run the same command again to go on" in errors


async def test_a_refusal_ends_what_is_sent_beside_it(server: Server, command: Command) -> None:
    # given
    server.script = lambda data: problem(403, "forbidden_integration") if 1 in numbers(data) else None

    # when
    code, _, errors = await command.run("--batch", "1", "--parallel", "3")

    # then: what was under way is finished and counted, and no more
    assert code == 2
    assert len(server.accepted) < 100
    assert not server.accepted or f"{len(server.accepted)} rows were accepted" in errors


async def test_the_second_interrupt_ends_it_at_once(server: Server, command: Command) -> None:
    # given: a request that is not answered
    server.hold = asyncio.Event()
    process = command.start()
    async with asyncio.timeout(WITHIN_S):
        await server.reached.wait()

    # when: the first one waits for it
    process.send_signal(signal.SIGINT)
    assert process.stderr is not None
    assert "Ctrl-C again stops at once" in await asyncio.to_thread(process.stderr.readline)
    process.send_signal(signal.SIGINT)

    # then
    assert (await command.end(process))[0] == 130
    server.hold.set()


async def test_an_interrupt_while_it_waits_to_try_again(server: Server, command: Command) -> None:
    # given: a gateway that asks for an hour's patience after the first batch
    server.script = lambda data: None if 1 in numbers(data) else problem(503, "x", {"Retry-After": "3600"})
    process = command.start()
    assert process.stderr is not None
    assert "500 rows sent" in await asyncio.to_thread(process.stderr.readline)
    assert "503 T; D.; trying again in 600.0 s" in await asyncio.to_thread(process.stderr.readline)

    # when
    process.send_signal(signal.SIGINT)

    # then
    assert (await command.end(process))[0] == 130
    assert len(server.posts) == 2


@pytest.mark.parametrize(
    ("file", "words", "said"),
    [
        ("a.txt", [], "has none of the suffixes"),
        ("empty.csv", [], "has no header"),
        ("twice.csv", [], "names a column more than once: a"),
        ("twice.csv", ["--delimiter", "ab"], "--delimiter takes one character"),
        ("half.json", [], "is not JSON"),
        ("half.json", ["--rejects", "/nowhere/a"], "cannot be written"),
        ("missing.csv", [], "No such file"),
    ],
)
async def test_a_file_that_cannot_be_sent_is_one_clear_line(
    server: Server, tmp_path: Path, file: str, words: Sequence[str], said: str
) -> None:
    # given
    for name, content in {"a.txt": "{}", "empty.csv": "", "twice.csv": "a,a\n", "half.json": "{"}.items():
        (tmp_path / name).write_text(content)

    # when
    code, output, errors = await Command(server.url, tmp_path / file).run(*words)

    # then
    assert (code, output, errors.count("\n"), server.posts) == (2, "", 1, [])
    assert said in errors


async def test_the_rejects_never_overwrite_the_file(server: Server, command: Command) -> None:
    # when
    code, _, errors = await command.run("--rejects", str(command.file))

    # then
    assert (code, server.posts, "names the file that is sent" in errors) == (2, [], True)


@pytest.mark.parametrize("variable", ["INLET_ACCESS_TOKEN", "INLET_INTEGRATION_TOKEN"])
async def test_what_is_no_token_is_said_before_anything_is_sent(
    server: Server, command: Command, variable: str
) -> None:
    # given: each token in the place of the other
    wrong = command.integration if variable == "INLET_ACCESS_TOKEN" else command.access

    # when
    code, _, errors = await command.run(environment={variable: wrong})

    # then
    assert (code, server.posts) == (2, [])
    assert errors.startswith(f"{variable} holds no ")
