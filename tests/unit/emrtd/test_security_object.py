"""The LDS security object and EF.SOD around it (ICAO Doc 9303-10, 4.6.2)."""

import hashlib
from typing import Any

import pytest
from chips_for_tests import SecurityObject, security_object
from chips_for_tests import field as tlv

from eid.emrtd.security_object import (
    build_security_object,
    read_security_object,
    unwrap_sod,
    wrap_sod,
)
from eid.emrtd.states import certificate_country
from eid.errors import BadChipData

FILES = {15: b"\x6f\x00", 1: b"\x61\x00", 14: b"\x6e\x00"}


@pytest.mark.parametrize("name", ["sha256", "sha384", "sha512"])
def test_what_we_write_others_read(name: str) -> None:
    written = build_security_object(FILES, name)
    said = SecurityObject.load(written, strict=True).native
    assert (said["version"], said["algorithm"]["algorithm"], said["versions"]) == (0, name, None)
    assert said["hashes"] == [
        {"number": number, "hash": hashlib.new(name, FILES[number]).digest()}
        for number in (1, 14, 15)
    ]


@pytest.mark.parametrize("version", [0, 1])
@pytest.mark.parametrize("name", ["sha256", "sha384", "sha512"])
def test_hashes_are_compared(name: str, version: int) -> None:
    read = read_security_object(security_object(FILES, name, version=version))
    assert (read.hash, set(read.hashes)) == (name, {1, 14, 15})
    assert all(read.agrees(number, file) for number, file in FILES.items())
    assert not read.agrees(1, b"\x61\x01")
    assert not read.agrees(1, FILES[14])
    assert not read.agrees(13, b"\x6d\x00")


def test_hash_parameters_may_be_absent_or_null__rfc5754_2() -> None:
    absent = bytes.fromhex("300b 0609 608648016503040201")
    null = bytes.fromhex("300d 0609 608648016503040201 0500")
    ours, theirs = build_security_object(FILES), security_object(FILES)
    assert absent in ours
    assert null in theirs
    assert read_security_object(ours) == read_security_object(theirs)


def changed(**changes: Any) -> bytes:
    said = SecurityObject.load(security_object(FILES))
    for name, value in changes.items():
        said[name] = value
    whole: bytes = said.dump(force=True)
    return whole


def rows(*numbers: int, size: int = 32) -> list[dict[str, Any]]:
    return [{"number": number, "hash": bytes(size)} for number in numbers]


LDS = {"lds": "0108", "unicode": "150000"}


@pytest.mark.parametrize(
    "der",
    [
        b"",
        b"\x30\x00",
        tlv("31"),
        security_object(FILES) + b"\x00",
        changed(version=2),
        changed(version=1),  # without the versions that it adds
        changed(versions=LDS),  # with them in version 0
        security_object(FILES, "sha1"),
        security_object(FILES, "md5"),
        changed(hashes=[]),
        changed(hashes=rows(1)),
        changed(hashes=rows(1, 1, 15)),
        changed(hashes=rows(0, 1)),
        changed(hashes=rows(1, 17)),
        changed(hashes=rows(-1, 1)),
        changed(hashes=rows(1, 15, size=31)),
        changed(hashes=rows(1, 15, size=0)),
        changed(hashes=rows(1, 15, size=64)),
        security_object(FILES, version=1).replace(b"0108", b"\x7f\x7f\x7f\x7f")[:-1],
        security_object(FILES, version=1).replace(b"\x13\x04", b"\x0c\x04"),
    ],
)
def test_another_security_object_is_refused__CV_40_CV_41(der: bytes) -> None:
    with pytest.raises(BadChipData):
        read_security_object(der)


def test_ef_sod_is_a_wrapper() -> None:
    assert wrap_sod(b"\x30\x00") == b"\x77\x02\x30\x00"
    assert unwrap_sod(b"\x77\x02\x30\x00") == b"\x30\x00"
    for file in (b"", b"\x30\x00", b"\x77\x02\x30", b"\x77\x02\x30\x00\x00"):
        with pytest.raises(BadChipData):
            unwrap_sod(file)


@pytest.mark.parametrize(
    ("state", "country"),
    [("VNM", "VN"), ("D", "DE"), ("DEU", "DE"), ("CHE", "CH"), ("EUE", "EU"), ("RKS", "KS")],
)
def test_a_state_signs_with_its_two_letters__icao_9303_3_5(state: str, country: str) -> None:
    assert certificate_country(state) == country


@pytest.mark.parametrize("state", ["", "VN", "XXX", "UTO", "vnm"])
def test_an_unknown_state_signs_nothing(state: str) -> None:
    assert certificate_country(state) is None


def test_no_two_states_share_a_code() -> None:
    from eid.emrtd import states  # noqa: PLC0415 - looked into here alone

    assigned = states._assigned()
    assert len(assigned) == len(set(assigned.values())) == 249
    assert all(len(code) == 2 for code in assigned.values())
