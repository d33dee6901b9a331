"""The console's files over HTTP: every page gets the shell, no other file is served, browsers are held to it."""

import gzip
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientSession

from services.config_api.console_files import ConsoleFiles
from services.config_api.docs import Docs
from tests.backing.served import Served, served

SHELL = "<!doctype html><title>Inlet</title>" + " " * 200
TEXT = b"console;" * 100
SCRIPT = "/assets/index-D7jczV_o.js"
BROWSER = "text/html,application/xhtml+xml,*/*;q=0.8"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "secret.js").write_text("outside")
    built = tmp_path / "dist"
    for name, text in {
        "index.html": SHELL,
        "mark.svg": "<svg/>",
        SCRIPT[1:]: TEXT.decode(),
        SCRIPT[1:] + ".br": "brotli",
        "assets/a.css": "a{}",
        "assets/a.woff2": "font",
        ".vite/manifest.json": "{}",
    }.items():
        (built / name).parent.mkdir(parents=True, exist_ok=True)
        (built / name).write_text(text)
    return built


@pytest.fixture
async def console(folder: Path) -> AsyncIterator[Served]:
    async with served(Docs(), ConsoleFiles(folder)) as running:
        yield running


@pytest.mark.parametrize(
    "path", ["/", "/integrations", "/integrations/7/edit?tab=a", "/apiary", "/public.html", "/%C3%A4"]
)
async def test_every_page_gets_the_shell(console: Served, path: str) -> None:
    # when
    answer = await console.call("GET", path, token=None, Accept=BROWSER)
    # then
    assert (answer.status, answer.text) == (200, SHELL)
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-cache"


async def test_a_browser_is_held_to_what_is_here(console: Served) -> None:
    # when
    answer = await console.call("GET", "/", token=None, Accept=BROWSER)
    # then
    policy = dict(part.strip().split(" ", 1) for part in answer.headers["Content-Security-Policy"].split(";"))
    assert policy.pop("default-src") == policy.pop("frame-ancestors") == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["connect-src"] == "'self'"
    assert set(policy.values()) == {"'self'", "'none'"}
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        (SCRIPT, "text/javascript; charset=utf-8"),
        ("/assets/a.css", "text/css; charset=utf-8"),
        ("/assets/a.woff2", "font/woff2"),
    ],
)
async def test_an_asset_is_kept_for_ever(console: Served, path: str, kind: str) -> None:
    answer = await console.call("GET", path, token=None, Accept_Encoding="gzip")
    assert (answer.status, answer.headers["Content-Type"]) == (200, kind)
    assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_picture_without_a_hash_in_its_name_is_asked_for_again(console: Served) -> None:
    answer = await console.call("GET", "/mark.svg", token=None)
    assert (answer.headers["Content-Type"], answer.headers["Cache-Control"]) == ("image/svg+xml", "no-cache")


async def test_what_a_browser_has_is_not_sent_again(console: Served, folder: Path) -> None:
    # given
    tag = (await console.call("GET", "/", token=None, Accept=BROWSER)).headers["ETag"]
    # when
    again = await console.call("GET", "/", token=None, Accept=BROWSER, If_None_Match=f'"x", W/{tag}')
    # then
    assert (again.status, again.text, again.headers["ETag"]) == (304, "", tag)
    # and what has changed is
    (folder / "index.html").write_text(SHELL + "new")
    async with served(ConsoleFiles(folder)) as later:
        assert (await later.call("GET", "/", token=None, Accept=BROWSER, If_None_Match=tag)).status == 200


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br", "br"),
        ("GZIP;q=0.5, br;q=0", "gzip"),
        ("gzip;q=0.000, br; q=0", None),
        ("identity", None),
        ("", None),
    ],
)
async def test_a_file_is_compressed_for_whom_it_may_be(console: Served, accepted: str, coding: str | None) -> None:
    # given
    address = console.address + SCRIPT
    async with ClientSession(auto_decompress=False) as session:
        # when
        async with session.get(address, headers={"Accept-Encoding": accepted}) as answer:
            body = await answer.read()
        # then
        assert answer.headers.get("Content-Encoding") == coding
        assert body == {"br": b"brotli", "gzip": gzip.compress(TEXT, mtime=0), None: TEXT}[coding]
        assert answer.headers["Vary"] == "Accept-Encoding"
        # and each form has a tag of its own (RFC 9110, section 8.8.3.3)
        async with session.head(address, headers={"Accept-Encoding": "deflate"}) as plain:
            assert (answer.headers["ETag"] == plain.headers["ETag"]) is (coding is None)


async def test_a_head_says_what_a_get_would(console: Served) -> None:
    got = await console.call("GET", SCRIPT, token=None, Accept_Encoding="gzip")
    asked = await console.call("HEAD", SCRIPT, token=None, Accept_Encoding="gzip")
    assert (asked.status, asked.text) == (200, "")
    same = ("Content-Type", "Content-Length", "ETag", "Cache-Control")
    assert [asked.headers[name] for name in same] == [got.headers[name] for name in same]


@pytest.mark.parametrize(
    "path",
    ["/api", "/api/v1/nothing", "/internal/v1/nothing", "/public/v1/nothing", "/docs/nothing", "/assets/index-old.js"],
)
async def test_an_address_of_an_api_or_an_asset_is_no_page(console: Served, path: str) -> None:
    answer = await console.call("GET", path, token=None, Accept=BROWSER)
    assert (answer.status, answer.body["code"]) == (404, "not_found")


async def test_what_is_no_browser_gets_a_problem(console: Served) -> None:
    answer = await console.call("GET", "/integrations", token=None, Accept="application/json")
    assert (answer.status, answer.body["code"]) == (404, "not_found")


async def test_pages_are_read_only(console: Served) -> None:
    assert (await console.call("POST", "/integrations", token=None, Accept=BROWSER)).status == 405


@pytest.mark.parametrize(
    "path",
    [
        "/../secret.js",
        "/assets/../../secret.js",
        "/%2e%2e/secret.js",
        "/..%2fsecret.js",
        "/assets/..%2F..%2Fsecret.js",
        "/assets%5C..%5Csecret.js",
        "//secret.js",
        "/.vite/manifest.json",
        "/assets/",
        "/assets/index-D7jczV_o.js.br",
        "/index.html%00.js",
    ],
)
async def test_nothing_outside_the_build_is_served(console: Served, path: str) -> None:
    answer = await console.call("GET", path, token=None)
    assert (answer.status, answer.body["code"]) == (404, "not_found")


async def test_without_a_build_the_page_says_how_to_make_one(tmp_path: Path) -> None:
    # given
    async with served(ConsoleFiles(tmp_path)) as console:
        # when
        answer = await console.call("GET", "/", token=None, Accept=BROWSER)
        # then
        assert (answer.status, answer.headers["Content-Type"]) == (503, "text/plain; charset=utf-8")
        assert "make console" in answer.text
        # and once it is made, it is there
        (tmp_path / "index.html").write_text(SHELL)
        assert (await console.call("GET", "/", token=None, Accept=BROWSER)).text == SHELL
