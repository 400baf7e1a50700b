"""Reading a chip reading: exactly one shape, and a refusal for all others (CV-06)."""

import base64
import json
from typing import Any

import pytest

from eid.errors import BadCardAnswer, BadChipData
from eid.proofs.document import ChipReading, document_fingerprint, read_chip_reading

FILES = {"1": b"\x61\x00", "13": b"\x6d\x00", "14": b"\x6e\x00", "15": b"\x6f\x00"}


def text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def groups(**changes: Any) -> dict[str, Any]:
    whole = {number: text(file) for number, file in FILES.items()} | {
        name.removeprefix("dg"): value for name, value in changes.items()
    }
    return {name: value for name, value in whole.items() if value is not ...}


def members(**changes: Any) -> dict[str, Any]:
    whole = {
        "format": "eid.chip-reading:1",
        "securityObject": text(b"\x77\x00"),
        "dataGroups": groups(),
        "activeAuthentication": text(b"s" * 64),
        "appVersion": "reader/1.0",
    } | changes
    return {name: value for name, value in whole.items() if value is not ...}


def body(**changes: Any) -> bytes:
    return json.dumps(members(**changes)).encode()


def test_a_good_reading_is_read() -> None:
    reading = read_chip_reading(body())
    assert reading.security_object == b"\x77\x00"
    assert reading.data_groups == {int(number): file for number, file in FILES.items()}
    assert reading.active_authentication == b"s" * 64


@pytest.mark.parametrize(
    "changes",
    [{"appVersion": ...}, {"dataGroups": groups(dg13=...)}, {"dataGroups": groups(dg14=...)}],
)
def test_what_may_be_missing(changes: dict[str, Any]) -> None:
    assert read_chip_reading(body(**changes)).data_groups.keys() >= {1, 15}


def test_a_reading_is_read_up_to_its_largest_size__CV_06() -> None:
    long = body(appVersion="x" * (40_000 - len(body(appVersion=""))))
    assert len(long) == 40_000
    assert isinstance(read_chip_reading(long), ChipReading)
    with pytest.raises(BadCardAnswer):
        read_chip_reading(long + b" ")


@pytest.mark.parametrize("name", ["format", "securityObject", "dataGroups", "activeAuthentication"])
def test_a_member_that_is_missing_is_refused__CV_06(name: str) -> None:
    with pytest.raises(BadCardAnswer):
        read_chip_reading(body(**{name: ...}))


@pytest.mark.parametrize("value", [None, 1, True, [], {}, ["a"], "", "not base64", "QR=="])
@pytest.mark.parametrize("name", ["format", "securityObject", "dataGroups", "activeAuthentication"])
def test_a_member_of_another_kind_is_refused__CV_06(name: str, value: object) -> None:
    with pytest.raises(BadCardAnswer):
        read_chip_reading(body(**{name: value}))


@pytest.mark.parametrize(
    "data_groups",
    [
        groups(dg1=...),
        groups(dg15=...),
        groups(dg2=text(b"\x75\x00")),  # the face is never sent
        groups(dg3=text(b"\x63\x00")),
        groups(dg01=text(b"\x61\x00")),
        {**groups(), " 1": text(b"\x61\x00")},
        {**groups(), "١": text(b"\x61\x00")},  # noqa: RUF001 - the digit one of another script
        groups(dg1=None),
        groups(dg1=""),
        groups(dg1=["YQA="]),
    ],
)
def test_other_data_groups_than_are_due_are_refused__CV_06(data_groups: dict[str, Any]) -> None:
    with pytest.raises(BadCardAnswer):
        read_chip_reading(body(dataGroups=data_groups))


@pytest.mark.parametrize("said", ["web-eid:1.0", "eid.chip-reading:2", "eid.chip-reading:1 "])
def test_another_format_is_refused__CV_06(said: str) -> None:
    with pytest.raises(BadCardAnswer):
        read_chip_reading(body(format=said))


@pytest.mark.parametrize("said", [None, 1, ["reader"]])
def test_the_reader_s_version_is_text__CV_06(said: object) -> None:
    with pytest.raises(BadCardAnswer):
        read_chip_reading(body(appVersion=said))


def test_a_member_that_the_format_does_not_know_is_refused__CV_06() -> None:
    with pytest.raises(BadCardAnswer):
        read_chip_reading(body(certificate="x"))


def test_a_data_group_that_stands_twice_is_refused__CV_06() -> None:
    twice = body().replace(b'"dataGroups": {', b'"dataGroups": {"1": "YQA=", ')
    with pytest.raises(BadCardAnswer):
        read_chip_reading(twice)


@pytest.mark.parametrize("raw", [b"", b"[]", b"null", b"{", b"[" * 30_000, b"\xff"])
def test_what_is_no_json_object_is_refused__CV_44(raw: bytes) -> None:
    with pytest.raises(BadCardAnswer):
        read_chip_reading(raw)


def test_a_fingerprint_of_no_security_object_is_refused() -> None:
    with pytest.raises(BadChipData):
        document_fingerprint(ChipReading(b"\x30\x00", {}, b""))
