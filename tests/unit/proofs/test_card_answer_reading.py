"""Reading a card answer: exactly one shape, and a refusal for all others (CV-06)."""

import base64
import json
from typing import Any

import pytest

from eid.errors import BadCardAnswer
from eid.proofs.card_signature import claimed_answer, fingerprint, read_card_answer

CERTIFICATE = bytes(range(256))
SIGNATURE = b"s" * 64


def text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def members(**changes: Any) -> dict[str, Any]:
    whole = {
        "format": "web-eid:1.0",
        "unverifiedCertificate": text(CERTIFICATE),
        "algorithm": "ES256",
        "signature": text(SIGNATURE),
        "appVersion": "reader/1.0",
    } | changes
    return {name: value for name, value in whole.items() if value is not ...}


def body(**changes: Any) -> bytes:
    return json.dumps(members(**changes)).encode()


def test_a_good_answer_is_read() -> None:
    answer = read_card_answer(body())
    assert answer.unverified_certificate == CERTIFICATE
    assert (answer.algorithm, answer.signature) == ("ES256", SIGNATURE)


def test_the_other_algorithm_of_our_cards_is_read() -> None:
    assert read_card_answer(body(algorithm="ES384")).algorithm == "ES384"


def test_the_readers_version_may_be_missing() -> None:
    assert read_card_answer(body(appVersion=...)).signature == SIGNATURE


def test_blanks_and_order_do_not_matter() -> None:
    turned = dict(reversed(members().items()))
    assert read_card_answer(json.dumps(turned, indent=2).encode()) == read_card_answer(body())


def test_the_fingerprint_is_that_of_the_certificate_shown() -> None:
    import hashlib  # noqa: PLC0415 - the one use

    assert fingerprint(read_card_answer(body())) == hashlib.sha256(CERTIFICATE).digest()


@pytest.mark.parametrize("name", ["format", "unverifiedCertificate", "algorithm", "signature"])
@pytest.mark.parametrize("value", [..., None, 0, 1.5, True, [], ["x"], {}, {"x": "y"}, ""])
def test_a_member_missing_empty_or_of_another_type_is_refused__CV_06(name: str, value: Any) -> None:
    with pytest.raises(BadCardAnswer):
        read_card_answer(body(**{name: value}))


@pytest.mark.parametrize("value", [None, 0, [], {}])
def test_the_readers_version_is_text__CV_06(value: Any) -> None:
    with pytest.raises(BadCardAnswer):
        read_card_answer(body(appVersion=value))


@pytest.mark.parametrize(
    "value",
    ["web-eid:1", "web-eid:1.1", "web-eid:1.0 ", "web-eid:1.0.0", "WEB-EID:1.0", "web-eid:2.0"],
)
def test_only_the_exact_format_is_read__CV_06(value: str) -> None:
    with pytest.raises(BadCardAnswer):
        read_card_answer(body(format=value))


@pytest.mark.parametrize(
    "value", ["none", "None", "es256", "ES256 ", "ES512", "RS256", "PS256", "HS256", "EdDSA"]
)
def test_an_algorithm_that_is_not_our_cards_is_refused__CV_06(value: str) -> None:
    with pytest.raises(BadCardAnswer):
        read_card_answer(body(algorithm=value))


@pytest.mark.parametrize("name", ["unverifiedCertificate", "signature"])
@pytest.mark.parametrize(
    "spelling",
    [
        text(SIGNATURE).rstrip("="),
        text(SIGNATURE) + "=",
        text(SIGNATURE) + "\n",
        " " + text(SIGNATURE),
        text(SIGNATURE)[:20] + "\n" + text(SIGNATURE)[20:],
        "c3Nzc-_zc3M=",
        "c3Nzc3NzcR==",  # an unused bit is set
        "é" * 40,
        "\ud800" * 40,
        "====",
    ],
)
def test_base64_has_one_spelling__rfc4648_3_5(name: str, spelling: str) -> None:
    with pytest.raises(BadCardAnswer):
        read_card_answer(body(**{name: spelling}))


@pytest.mark.parametrize("name", list(members()))
def test_a_member_that_stands_twice_is_refused__CV_06(name: str) -> None:
    twice = json.dumps(members())[:-1] + f', "{name}": {json.dumps(members()[name])}}}'
    assert json.loads(twice) == members()
    with pytest.raises(BadCardAnswer):
        read_card_answer(twice.encode())


def test_a_member_spelled_with_an_escape_is_the_same_member__CV_06() -> None:
    twice = json.dumps(members())[:-1] + ', "\\u0066ormat": "web-eid:1.0"}'
    with pytest.raises(BadCardAnswer):
        read_card_answer(twice.encode())


def test_a_member_that_the_format_does_not_know_is_refused() -> None:
    with pytest.raises(BadCardAnswer):
        read_card_answer(body(origin="https://eid.example"))


WHOLE = body()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{}",
        b" " * 99,
        WHOLE + b" " * 10_000,
        b"[" + WHOLE + b"]",
        WHOLE + WHOLE,
        WHOLE + b",",
        WHOLE[:-1],
        b"\xef\xbb\xbf" + WHOLE,  # RFC 8259 section 8.1: no byte order mark
        WHOLE.decode().encode("utf-16"),
        WHOLE.replace(b"reader", b"r\xffader"),
        WHOLE.replace(b'"reader/1.0"', b"NaN"),
        WHOLE.replace(b'"reader/1.0"', b"-Infinity"),
        WHOLE.replace(b'"reader/1.0"', b"9" * 5000),
        b"[" * 9_000,
        b'{"format":' * 900,
        b'"' + b"x" * 200 + b'"',
        b"null" + b" " * 200,
    ],
)
def test_what_is_not_one_object_of_the_right_size_is_refused__CV_06(raw: bytes) -> None:
    with pytest.raises(BadCardAnswer):
        read_card_answer(raw)


@pytest.mark.parametrize(("size", "is_read"), [(99, False), (100, True)])
def test_the_least_size_is_a_hundred_bytes(size: int, is_read: bool) -> None:  # noqa: FBT001
    tiny = json.dumps(
        {
            "format": "web-eid:1.0",
            "unverifiedCertificate": "AAAA",
            "algorithm": "ES256",
            "signature": "AAAA",
        },
        separators=(",", ":"),
    ).encode()
    padded = tiny + b" " * (size - len(tiny))
    assert len(padded) == size
    assert isinstance(claimed_answer(padded), BadCardAnswer) is not is_read


@pytest.mark.parametrize(("size", "is_read"), [(10_000, True), (10_001, False)])
def test_the_most_size_is_ten_thousand_bytes(size: int, is_read: bool) -> None:  # noqa: FBT001
    padded = WHOLE + b" " * (size - len(WHOLE))
    assert isinstance(claimed_answer(padded), BadCardAnswer) is not is_read


def test_a_refusal_can_be_gathered_as_a_fact() -> None:
    assert claimed_answer(body()) == read_card_answer(body())
    assert isinstance(claimed_answer(b"?"), BadCardAnswer)
