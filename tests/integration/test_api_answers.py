from collections.abc import AsyncIterator

import pytest
import structlog
from aiohttp import web

from shared.contract import sessions
from shared.contract.codes import Code
from shared.contract.sessions import Session
from shared.runtime.access import Right
from shared.runtime.api import application, require_rights
from shared.runtime.metrics import Metrics
from shared.runtime.operations import Call, operation
from shared.runtime.process import serving
from shared.runtime.settings import Settings
from tests.backing.things import NOW, SECOND, SERVICE_TOKEN, SIGNER, Got, Seen, Served, Things, access, served_things


@pytest.fixture
async def served() -> AsyncIterator[Served]:
    async with served_things() as running:
        yield running


@pytest.mark.parametrize("if_match", ['"7"', 'W/"7"', '"6", "7"', 'W/"6",W/"7"', '"6" ,  "7" '])
async def test_a_change_that_names_the_version_is_made(served: Served, if_match: str) -> None:
    # when
    answer = await served.ask("PUT", "/things/1", {"name": "x"}, {"If-Match": if_match})

    # then
    assert (answer.status, answer.headers["ETag"]) == (200, '"8"')


@pytest.mark.parametrize("if_match", ['"6"', "*", "7", '"7', '"77"', 'W/W/"7"', '"07"', '"6", *'])
async def test_a_change_of_another_version_412(served: Served, if_match: str) -> None:
    # when
    answer = await served.ask("PUT", "/things/1", {"name": "x"}, {"If-Match": if_match})

    # then
    assert answer.refusal == (412, Code.VERSION_CONFLICT)
    assert answer.headers["ETag"] == '"7"'
    assert not served.things.calls


async def test_a_change_without_a_version_428(served: Served) -> None:
    for headers in ({}, {"If-Match": ""}):
        answer = await served.ask("PUT", "/things/1", {"name": "x"}, headers)
        assert answer.refusal == (428, Code.PRECONDITION_REQUIRED)
    assert not served.things.calls


async def test_nothing_to_say_is_204(served: Served) -> None:
    answer = await served.ask("DELETE", "/things/7")
    assert (answer.status, answer.text, served.things.calls) == (204, "", ["remove 7"])
    assert "Content-Type" not in answer.headers


async def test_head_is_get_without_its_body(served: Served) -> None:
    # when
    get, head = await served.ask("GET", "/things"), await served.ask("HEAD", "/things")

    # then
    assert (head.status, head.text) == (200, "")
    assert head.headers["Content-Length"] == get.headers["Content-Length"] == str(len(get.text))


@pytest.mark.parametrize(
    ("method", "path", "allow"),
    [
        ("PUT", "/things", "GET, HEAD, POST"),
        ("OPTIONS", "/things", "GET, HEAD, POST"),
        ("GET", "/things/1", "PUT, DELETE"),
        ("PATCH", "/away", "GET, HEAD"),
        ("HEAD", "/sign-in", "POST"),
    ],
)
async def test_another_method_405_and_says_which(served: Served, method: str, path: str, allow: str) -> None:
    # when
    answer = await served.ask(method, path)

    # then
    assert (answer.status, answer.headers["Allow"]) == (405, allow)
    assert method == "HEAD" or answer.refusal == (405, Code.METHOD_NOT_ALLOWED)


@pytest.mark.parametrize("path", ["/", "/nothing", "/things/", "/things/1/2", "//things", "/THINGS", "/things;x"])
async def test_another_address_404(served: Served, path: str) -> None:
    assert (await served.ask("GET", path)).refusal == (404, Code.NOT_FOUND)


async def test_rights_are_looked_at_before_what_was_sent(served: Served) -> None:
    # given
    nobody = {"Authorization": "Bearer x"}

    # then
    assert (await served.ask("POST", "/things", b"{", nobody)).refusal == (401, Code.INVALID_TOKEN)
    assert (await served.ask("GET", "/things?x=1", headers=nobody)).refusal == (401, Code.INVALID_TOKEN)
    assert (await served.ask("DELETE", "/things/x", headers=nobody)).refusal == (401, Code.INVALID_TOKEN)


async def test_what_is_away_503_until_later(served: Served) -> None:
    # when
    answer = await served.ask("GET", "/away")

    # then
    assert answer.refusal == (503, Code.NOT_READY)
    assert answer.headers["Retry-After"] == "2"
    assert "database" not in answer.text


async def test_what_nobody_expected_500_and_tells_the_log_only(served: Served) -> None:
    # when
    with structlog.testing.capture_logs() as logged:
        answer = await served.ask("GET", "/broken")

    # then
    assert answer.refusal == (500, Code.INTERNAL_ERROR)
    assert "row" not in answer.text
    unexpected = [line for line in logged if line["event"] == "unexpected error"]
    assert [(line["caller"], line["request_id"]) for line in unexpected] == [("service", answer.body["requestId"])]


async def test_each_answer_is_one_line_that_holds_no_secret(served: Served) -> None:
    # when
    with structlog.testing.capture_logs() as logged:
        answer = await served.ask("GET", "/things?prefix=secret")
        session = Session.begin(3, NOW)
        await served.with_session("GET", "/mine", session)
        await served.with_session("DELETE", "/mine", session, **{"X-CSRF-Token": "wrong"})

    # then
    answered, mine, refused = logged
    assert (answered["event"], answered["path"], answered["status"]) == ("request answered", "/things", 200)
    assert (answered["caller"], answered["request_id"]) == ("service", answer.headers["X-Request-Id"])
    assert (mine["caller"], mine["path"]) == ("user:3", "/mine")
    assert (refused["event"], refused["code"]) == ("request refused", Code.INVALID_CSRF_TOKEN)
    for secret in ("secret", SERVICE_TOKEN, SIGNER.text(session), SIGNER.csrf_token(session), session.id.hex()):
        assert secret not in repr(logged)


def cookie_of(answer: Got) -> dict[str, str]:
    """The attributes of the one cookie that is set, and its value under "="; names are in lower case."""
    (text,) = answer.headers.getall("Set-Cookie")
    first, *attributes = text.split("; ")
    name, _, value = first.partition("=")
    assert name == "inlet_session"
    pairs = [each.partition("=") for each in attributes]
    return {"=": value.strip('"')} | {name.lower(): value for name, _, value in pairs}


async def test_a_session_that_is_used_goes_on(served: Served) -> None:
    # given
    fresh, due = Session.begin(3, NOW - 59 * SECOND), Session.begin(3, NOW - sessions.RENEW_S * SECOND)

    # when
    unchanged = await served.with_session("GET", "/mine", fresh)
    renewed = await served.with_session("GET", "/mine", due)

    # then
    assert (unchanged.status, unchanged.headers.getall("Set-Cookie", [])) == (200, [])
    cookie = cookie_of(renewed)
    assert SIGNER.read(cookie.pop("=")) == due._replace(seen=NOW)
    assert cookie == {"httponly": "", "path": "/", "samesite": "Strict"}


async def test_a_refusal_does_not_prolong_a_session(served: Served) -> None:
    # given
    due = Session.begin(3, NOW - 600 * SECOND)

    # when
    answer = await served.with_session("DELETE", "/mine", due, **{"X-CSRF-Token": "wrong"})

    # then
    assert answer.refusal == (403, Code.INVALID_CSRF_TOKEN)
    assert "Set-Cookie" not in answer.headers


async def test_sign_in_sets_the_cookie_and_sign_out_takes_it_away(served: Served) -> None:
    # when
    began = await served.ask("POST", "/sign-in")
    ended = await served.with_session("DELETE", "/mine", Session.begin(3, NOW - 600 * SECOND))

    # then
    assert SIGNER.read(cookie_of(began)["="]) is not None
    assert ended.status == 204
    assert cookie_of(ended) == {"=": "", "httponly": "", "path": "/", "samesite": "Strict", "max-age": "0"}


async def test_only_a_console_on_https_marks_its_cookie_secure() -> None:
    # when
    async with served_things("https://inlet.example") as served:
        began = await served.ask("POST", "/sign-in")

    # then
    assert "secure" in cookie_of(began)


async def test_a_route_that_declares_no_right_does_not_start() -> None:
    # given
    async def anybody(_: web.Request) -> web.Response:
        return web.Response()

    plain, added = web.Application(), application(access(), Metrics(), (Things(),))
    require_rights(added)
    plain.router.add_get("/anybody", anybody)
    added.router.add_get("/anybody", anybody)

    # then
    for app in (plain, added):
        with pytest.raises(RuntimeError, match="/anybody"):
            async with serving(app, Settings()):
                pass


async def test_a_right_that_nobody_checks_does_not_start() -> None:
    with pytest.raises(RuntimeError, match="nobody checks"):
        application(None, Metrics(), (Things(),))


async def test_an_application_for_anyone_needs_no_access() -> None:
    # given
    class Open:
        @operation("GET", "/open", Right.ANYONE)
        async def one(self, _: Call) -> Seen:
            return Seen(got={})

    # then
    require_rights(application(None, Metrics(), (Open(),)))


async def test_the_services_token_is_no_access_token(served: Served) -> None:
    # when
    by_service = await served.ask("GET", "/scoped")
    by_session = await served.with_session("GET", "/scoped", Session.begin(3, NOW))

    # then
    assert by_service.refusal == (401, Code.INVALID_TOKEN)
    assert by_session.status == 200
