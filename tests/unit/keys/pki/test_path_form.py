"""Form and garbage: only the documented refusal ever comes out."""

from collections.abc import Callable
from functools import cache
from time import process_time

import pytest
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st
from unit.keys.pki.makers import (
    EXTENSIONS,
    SERIAL,
    SUBJECT,
    VERSION,
    body,
    children,
    integer,
    sequence,
    tlv,
)
from unit.keys.pki.trial import PKI, refusal

from keys.pki.path import LARGEST_CERTIFICATE


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
@pytest.mark.parametrize(
    "serial",
    [integer(0), integer(-5), b"\x02\x15\x00" + b"\xff" * 20, b"\x02\x20" + b"\x7f" * 32],
    ids=["zero", "negative", "160_bits", "32_octets"],
)
def test_a_serial_number_out_of_range_is_refused__CV_24(serial: bytes) -> None:
    def edit(fields: list[bytes]) -> list[bytes]:
        fields[SERIAL] = serial
        return fields

    assert refusal(PKI.edited(edit)) == "malformed"


def test_a_warning_of_the_library_is_a_refusal_too__CV_24() -> None:
    def edit(fields: list[bytes]) -> list[bytes]:
        fields[SERIAL] = integer(-5)
        return fields

    # Here warnings are errors, as an operator may have it.
    assert refusal(PKI.edited(edit)) == "malformed"


def with_version(*version: bytes) -> Callable[[list[bytes]], list[bytes]]:
    return lambda fields: [*version, *fields[VERSION + 1 :]]


@pytest.mark.parametrize(
    "edit",
    [
        with_version(),
        lambda fields: fields[VERSION + 1 : EXTENSIONS],
        with_version(tlv(0xA0, integer(1))),
        with_version(tlv(0xA0, integer(3))),
        lambda fields: fields[:EXTENSIONS],
        lambda fields: [*fields, fields[EXTENSIONS]],
        lambda fields: fields[:SUBJECT],
    ],
    ids=["v1", "v1_bare", "v2", "v4", "v3_bare", "twice", "short"],
)
def test_another_form_is_refused__CV_24(edit: Callable[[list[bytes]], list[bytes]]) -> None:
    assert refusal(PKI.edited(edit)) in {"malformed", "wrong_purpose"}


def test_a_duplicated_extension_is_refused__CV_24() -> None:
    def edit(fields: list[bytes]) -> list[bytes]:
        (extensions,) = children(fields[EXTENSIONS])
        first = next(children(extensions))
        fields[EXTENSIONS] = tlv(0xA3, sequence(body(extensions), first))
        return fields

    assert refusal(PKI.edited(edit)) == "malformed"


def test_a_name_of_a_kind_nobody_reads_is_refused__CV_24() -> None:
    x400 = sequence(tlv(0xA3, sequence()))
    names = x509.UnrecognizedExtension(x509.SubjectAlternativeName.oid, x400)
    assert refusal(PKI.leaf(changes={x509.UnrecognizedExtension: (names, False)})) == "malformed"


def test_an_oversize_certificate_is_not_even_parsed(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(_: bytes) -> None:
        raise AssertionError("parsed")

    monkeypatch.setattr(x509, "load_der_x509_certificate", never)
    for size in (LARGEST_CERTIFICATE + 1, 10_000_000):
        assert refusal(bytes(size)) == "too_large"


def test_a_signature_of_other_than_whole_octets_is_refused__rfc5758_3_2() -> None:
    leaf = next(one for one in iter(PKI.leaf, b"") if one[-1] & 1 == 0)
    size = len(x509.load_der_x509_certificate(leaf).signature)
    unused = bytearray(leaf)
    unused[-size - 1] = 1
    assert refusal(bytes(unused)) == "malformed"


@cache
def good() -> bytes:
    return PKI.leaf()


@pytest.mark.filterwarnings("ignore:Parsed a serial number")
@given(st.data())
@settings(deadline=None, max_examples=200)
def test_a_mutated_certificate_is_refused_and_nothing_else_happens__CV_44(
    data: st.DataObject,
) -> None:
    leaf = bytearray(good())
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(leaf) - 1))
        leaf[place] ^= data.draw(st.integers(1, 255))
    if bytes(leaf) != good():
        assert refusal(bytes(leaf))


@given(st.integers(0, 1_000), st.binary(max_size=4))
@settings(deadline=None, max_examples=100)
def test_a_truncated_or_extended_certificate_is_refused__CV_40(cut: int, more: bytes) -> None:
    leaf = good()[: len(good()) - cut - 1] + more
    if leaf != good():
        assert refusal(leaf) in {"malformed", "untrusted"}
    assert refusal(good() + b"\0" + more) == "malformed"


@given(st.binary(max_size=300))
@settings(deadline=None)
def test_garbage_is_refused__CV_40(garbage: bytes) -> None:
    assert refusal(garbage) == "malformed"


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x30\x80" + b"\x30\x80" * 1000,
        b"\x30\x84\x7f\xff\xff\xff",
        b"\x30" * 4000,
        b"\x30\x82\x0f\xfc" + b"\x30\x82\x0f\xf8" * 1000,
        b"\x1f" + b"\xff" * 1000,
        b"-----BEGIN CERTIFICATE-----",
    ],
)
def test_hostile_lengths_are_refused_quickly__CV_40(garbage: bytes) -> None:
    began = process_time()
    assert refusal(garbage) == "malformed"
    assert process_time() - began < 0.1
