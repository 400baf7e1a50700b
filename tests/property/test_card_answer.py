"""For any input: a card answer is read, or it is a BadCardAnswer, and nothing else happens."""

import base64
import json
from contextlib import suppress
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from eid.errors import BadCardAnswer
from eid.proofs.card_signature import CardAnswer, read_card_answer

NAMES = ["format", "unverifiedCertificate", "algorithm", "signature", "appVersion"]
GOOD = {
    "format": "web-eid:1.0",
    "unverifiedCertificate": base64.b64encode(b"c" * 300).decode(),
    "algorithm": "ES256",
    "signature": base64.b64encode(b"s" * 64).decode(),
    "appVersion": "reader/1.0",
}

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text()
json_values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


def read(body: bytes) -> CardAnswer | None:
    with suppress(BadCardAnswer):
        return read_card_answer(body)
    return None


@given(st.binary(max_size=400))
def test_any_bytes__CV_44(body: bytes) -> None:
    assert read(body) is None


@given(st.binary(min_size=100, max_size=300))
def test_any_bytes_of_a_size_that_is_looked_at__CV_44(body: bytes) -> None:
    assert read(body) is None


@given(json_values)
def test_any_json__CV_06(value: Any) -> None:
    assert read(json.dumps(value).encode() + b" " * 100) is None


@given(st.fixed_dictionaries({}, optional=dict.fromkeys(NAMES, json_values)))
def test_any_members__CV_06(members: dict[str, Any]) -> None:
    answer = read(json.dumps(members).encode() + b" " * 100)
    if answer is not None:
        assert members["format"] == "web-eid:1.0"
        assert base64.b64encode(answer.signature).decode() == members["signature"]


@given(st.sampled_from(NAMES), json_values)
def test_one_member_replaced__CV_06(name: str, value: Any) -> None:
    answer = read(json.dumps(GOOD | {name: value}).encode())
    if name == "appVersion":
        assert (answer is not None) is isinstance(value, str)
    elif answer is not None:
        assert isinstance(value, str)


@given(st.integers(0, len(json.dumps(GOOD)) - 1), st.integers(0, 255))
def test_one_byte_replaced__CV_44(at: int, byte: int) -> None:
    body = bytearray(json.dumps(GOOD).encode())
    body[at] = byte
    read(bytes(body))


@given(st.binary(min_size=1, max_size=3000), st.binary(min_size=1, max_size=200))
def test_what_was_written_is_read(certificate: bytes, signature: bytes) -> None:
    members = GOOD | {
        "unverifiedCertificate": base64.b64encode(certificate).decode(),
        "signature": base64.b64encode(signature).decode(),
    }
    answer = read_card_answer(json.dumps(members).encode())
    assert (answer.unverified_certificate, answer.signature) == (certificate, signature)
