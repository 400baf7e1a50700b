"""HTTP as the engine reads it."""

from urllib.parse import urlencode

from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from api.oauth_http import MAX_FIELDS, headers, pairs, response
from eid.oidc.messages import EngineReply
from eid.oidc.parameters import repeated

TEXT = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.lists(st.tuples(TEXT, TEXT), max_size=MAX_FIELDS))
def test_pairs_are_read_as_they_were_written(written: list[tuple[str, str]]) -> None:
    assert pairs(urlencode(written).encode()) == tuple(written)


@given(st.binary(max_size=500))
def test_any_bytes_are_some_pairs_without_surrogates(raw: bytes) -> None:
    for name, value in pairs(raw):
        (name + value).encode()


def test_more_fields_than_anybody_needs_read_as_a_repetition__HD_06() -> None:
    assert repeated(pairs(b"a=b&" * MAX_FIELDS + b"c=d"))
    crowd = "&".join(f"a{n}=b" for n in range(MAX_FIELDS + 1))
    assert repeated(pairs(crowd.encode()))
    assert not repeated(pairs(crowd.rpartition("&")[0].encode()))


def test_a_semicolon_parts_nothing__L_62() -> None:
    assert pairs(b"a=b;c=d") == (("a", "b;c=d"),)


def test_a_header_sent_twice_becomes_one_that_cannot_be_right__L_27() -> None:
    sent = [(b"authorization", b"Bearer a"), (b"authorization", b"Bearer b"), (b"x-y", b"z")]
    request = Request({"type": "http", "headers": sent})
    assert headers(request) == {"Authorization": "Bearer a, Bearer b", "X-Y": "z"}


def test_a_reply_goes_out_byte_for_byte() -> None:
    twice = (("Set-Cookie", "a=b"), ("Set-Cookie", "c=d"), ("Content-Type", "application/json"))
    answer = response(EngineReply(400, twice, b"\xff{}"))
    assert (answer.status_code, answer.body) == (400, b"\xff{}")
    assert answer.headers.getlist("set-cookie") == ["a=b", "c=d"]
    assert answer.headers.getlist("content-type") == ["application/json"]
