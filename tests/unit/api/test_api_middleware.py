"""The front door's outermost layer, with nothing behind it."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.types import Message, Receive, Scope, Send

from api import middleware
from api.middleware import MAX_BODY, MAX_TARGET, TRACE_ALPHABET, FrontDoor, new_trace


def page(request: Request, code: str, status: int) -> Response:
    return PlainTextResponse(f"{code} {request.state.trace} {request.url.query}", status)


async def reads_all(scope: Scope, receive: Receive, send: Send) -> None:
    body = await Request(scope, receive).body()
    await PlainTextResponse(f"{len(body)} bytes")(scope, receive, send)


async def fails(_scope: Scope, _receive: Receive, _send: Send) -> None:
    raise RuntimeError("inside")


async def fails_late(scope: Scope, receive: Receive, send: Send) -> None:
    await PlainTextResponse("begun")(scope, receive, send)
    raise RuntimeError("inside")


def a_scope(**changed: Any) -> Scope:
    return {
        "type": "http",
        "method": "POST",
        "path": "/",
        "raw_path": b"/",
        "query_string": b"",
        "headers": [],
        **changed,
    }


def ask(app: Any, scope: Scope, chunks: Sequence[bytes | None] = (b"",)) -> list[Message]:
    """Send chunks (None: the client goes away); hear what comes back."""
    sent: list[Message] = []
    coming = list(chunks)

    async def receive() -> Message:
        if not coming:
            await asyncio.sleep(3600)
        chunk = coming.pop(0)
        if chunk is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": chunk, "more_body": bool(coming)}

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(FrontDoor(app, page=page)(scope, receive, send))
    return sent


def status_and_text(sent: list[Message]) -> tuple[int, str]:
    text = b"".join(message.get("body", b"") for message in sent[1:])
    return sent[0]["status"], text.decode()


@pytest.mark.parametrize(
    "chunks",
    [
        [b"a" * MAX_BODY],
        [b"a"] * 1000,
        [b"", b"a" * (MAX_BODY - 1), b"a"],
        [b"a" * (MAX_BODY // 2), b"a" * (MAX_BODY // 2)],
    ],
)
def test_a_body_up_to_the_limit_is_read__HD_06(chunks: list[bytes]) -> None:
    status, text = status_and_text(ask(reads_all, a_scope(), chunks))
    assert (status, text) == (200, f"{sum(map(len, chunks))} bytes")


@pytest.mark.parametrize(
    "chunks",
    [[b"a" * (MAX_BODY + 1)], [b"a" * MAX_BODY, b"a"], [b"a" * 1024] * 65],
)
def test_one_byte_more_is_too_much__HD_06(chunks: list[bytes]) -> None:
    status, text = status_and_text(ask(reads_all, a_scope(), chunks))
    assert (status, text.split()[0]) == (413, "too_large")


def test_the_limit_counts_for_each_request_anew__HD_06() -> None:
    for _ in range(3):
        assert status_and_text(ask(reads_all, a_scope(), [b"a" * MAX_BODY]))[0] == 200


@pytest.mark.parametrize("chunks", [[b"a", b"a", None], [None]])
def test_a_client_that_goes_away_gets_nothing(
    chunks: list[bytes | None], caplog: pytest.LogCaptureFixture
) -> None:
    assert ask(reads_all, a_scope(), chunks) == []
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_a_body_that_never_ends_is_ended__HD_06(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(middleware, "BODY_SECONDS", 0.05)

    async def hangs(scope: Scope, receive: Receive, send: Send) -> None:
        while (await receive()).get("more_body", True):
            pass
        await PlainTextResponse("never")(scope, receive, send)

    sent: list[Message] = []

    async def receive() -> Message:
        await asyncio.sleep(0.02)
        return {"type": "http.request", "body": b"a", "more_body": True}

    async def send(message: Message) -> None:
        sent.append(message)

    asyncio.run(FrontDoor(hangs, page=page)(a_scope(), receive, send))
    assert (sent[0]["status"], sent[1]["body"].split()[0]) == (408, b"too_slow")
    assert dict(sent[0]["headers"])[b"connection"] == b"close"


def test_a_time_out_of_ours_is_our_fault_and_not_the_callers() -> None:
    async def waits(_scope: Scope, _receive: Receive, _send: Send) -> None:
        async with asyncio.timeout(0.01):
            await asyncio.sleep(3600)

    assert status_and_text(ask(waits, a_scope()))[0] == 500


@pytest.mark.parametrize(
    ("target", "query", "status"),
    [
        (MAX_TARGET, 0, 200),
        (MAX_TARGET + 1, 0, 413),
        (1, MAX_TARGET - 1, 200),
        (1, MAX_TARGET, 413),
        (1, 10**6, 413),
    ],
)
def test_path_and_query_have_one_limit__AZ_24(target: int, query: int, status: int) -> None:
    scope = a_scope(raw_path=b"/" * target, query_string=b"q" * query)
    assert status_and_text(ask(reads_all, scope))[0] == status


def test_a_query_that_is_too_large_is_not_looked_at_for_the_page__AZ_24() -> None:
    scope = a_scope(query_string=b"q" * (MAX_TARGET + 1))
    assert "q" not in status_and_text(ask(reads_all, scope))[1]


@pytest.mark.parametrize(
    "length", [b"65537", b"-1", b"", b" 1", b"1 ", b"+1", b"1_0", b"9" * 10, b"9" * 10**5, b"\xb2"]
)
def test_a_length_is_a_number_of_sane_size__HD_06(length: bytes) -> None:
    scope = a_scope(headers=[(b"content-length", length)])
    assert status_and_text(ask(reads_all, scope))[0] == 413


def test_a_fault_is_told_under_its_case_and_nothing_of_it__PI_08(
    caplog: pytest.LogCaptureFixture,
) -> None:
    sent = ask(fails, a_scope())
    status, text = status_and_text(sent)
    trace = dict(sent[0]["headers"])[b"x-request-id"].decode()
    assert (status, text.strip()) == (500, f"server_error {trace}")
    assert f"trace={trace} unexpected" in caplog.text


def test_a_fault_after_the_answer_began_adds_nothing_to_it() -> None:
    sent = ask(fails_late, a_scope())
    assert status_and_text(sent) == (200, "begun")
    assert [message["type"] for message in sent].count("http.response.start") == 1


def test_what_an_answer_says_better_is_kept__HD_01__HD_03() -> None:
    own = {"Cache-Control": "public, max-age=60", "Content-Security-Policy": "default-src 'self'"}
    sent = ask(PlainTextResponse("x", headers=own), a_scope())
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    assert headers["cache-control"] == own["Cache-Control"]
    assert headers["content-security-policy"] == own["Content-Security-Policy"]
    assert headers["x-content-type-options"] == "nosniff"


def test_what_is_no_request_goes_by_undressed() -> None:
    seen: list[str] = []

    async def notes(scope: Scope, _receive: Receive, _send: Send) -> None:
        await asyncio.sleep(0)
        seen.append(scope["type"])

    assert ask(notes, {"type": "lifespan"}) == []
    assert seen == ["lifespan"]


def test_a_case_number_can_be_read_out_and_is_never_the_same() -> None:
    traces = {new_trace() for _ in range(2000)}
    assert len(traces) == 2000
    assert set("".join(traces)) == set(TRACE_ALPHABET)
    assert not set("01ILOU") & set(TRACE_ALPHABET)
