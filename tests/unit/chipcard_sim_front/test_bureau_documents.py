import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipcard_sim.bureau.documents import (
    build_order,
    build_pack,
    build_report,
    read_order,
    read_pack,
    read_report,
)
from chipcard_sim.bureau.members import DocumentMalformed

Order = Callable[..., dict[str, Any]]
REPORT = {
    "kind": "eid.key-report:1",
    "order": "0a1b",
    "card": "c0ffee",
    "chipSerial": "00112233445566778899aabbccddeeff",
    "keys": [{"slot": "9A", "publicKey": "AQID", "proof": "BAUG"}],
}
OBJECTS = [{"tag": "5FC102", "hash": "A" * 43 + "="}, {"tag": "5FC107", "hash": "A" * 43 + "="}]
PACK = {
    "kind": "eid.card-pack:1",
    "order": "0a1b",
    "card": "c0ffee",
    "certificates": [{"slot": "9A", "certificate": "AQID"}],
}


def test_an_order_is_read_member_by_member(order: Order) -> None:
    read = read_order(json.dumps(order()))
    assert (read.order, read.card, read.document_number) == ("0a1b", "c0ffee", "VN0000001")
    assert (read.holder.number, read.holder.name) == ("001190000001", "Nguyễn Thị Mẫu")
    assert (read.holder.born, read.issued) == (date(1990, 1, 15), date(2021, 7, 1))
    assert read.valid_until == date(2030, 1, 15)
    assert [(key.slot, key.profile, key.algorithm) for key in read.keys] == [
        ("9A", "card_authentication", "ES256"),
        ("9C", "card_signature", "ES256"),
    ]
    assert [len(line) for line in read.mrz] == [30, 30, 30]


def test_a_card_may_never_expire(order: Order) -> None:
    assert read_order(json.dumps(order(validUntil=None))).valid_until is None


def test_what_nobody_asks_for_is_ignored__rfc7493_4_2(order: Order) -> None:
    assert read_order(json.dumps(order(later="x"))) == read_order(json.dumps(order()))


@pytest.mark.parametrize(
    ("changed", "member"),
    [
        ({"kind": "eid.card-order:2"}, "kind"),
        ({"kind": 1}, "kind"),
        ({"order": "XYZ"}, "order"),
        ({"order": "../../etc"}, "order"),
        ({"order": "0a1b\n"}, "order"),
        ({"card": 7}, "card"),
        ({"documentNumber": "VN000001"}, "documentNumber"),
        ({"documentNumber": "../000001"}, "documentNumber"),
        ({"holder": None}, "holder"),
        ({"holder": {"number": "00119000000"}}, "holder.number"),
        ({"holder": {"number": "٠٠١١٩٠٠٠٠٠٠١"}}, "holder.number"),  # Arabic digits
        ({"holder": {"number": "001190000001"}}, "holder.name"),
        ({"holder": {"number": "001190000001", "name": "\ud800"}}, "holder.name"),
        ({"issued": "2021-02-30"}, "issued"),
        ({"issued": "20210701"}, "issued"),
        ({"validUntil": ""}, "validUntil"),
        ({"mrz": ["I<VNM"] * 3}, "mrz[0]"),
        ({"mrz": ["<" * 30] * 2}, "mrz"),
        ({"mrz": "<" * 90}, "mrz"),
        ({"keys": []}, "keys"),
        ({"keys": ["9A"]}, "keys[0]"),
        ({"keys": [{"slot": "9B"}]}, "keys[0].slot"),
        ({"keys": [{"slot": "9A", "profile": "x", "algorithm": "none"}]}, "keys[0].algorithm"),
        ({"keys": [{"slot": "9A", "profile": "x", "algorithm": "ES256"}] * 2}, "keys"),
    ],
)
def test_a_wrong_member_is_named(order: Order, changed: dict[str, Any], member: str) -> None:
    with pytest.raises(DocumentMalformed) as refused:
        read_order(json.dumps(order(**changed)))
    assert refused.value.member == member
    assert str(refused.value).startswith(f"{member}: ")


@pytest.mark.parametrize("member", ["order", "card", "documentNumber", "issued", "mrz", "keys"])
def test_a_missing_member_is_named(order: Order, member: str) -> None:
    members = order()
    del members[member]
    with pytest.raises(DocumentMalformed, match=rf"^{member}: is missing$"):
        read_order(json.dumps(members))


@pytest.mark.parametrize(
    "text",
    [
        b"",
        b"[]",
        b"null",
        b"{",
        b"\xff",
        b"[" * 60000,
        b"9" * 5000,
        b'{"kind":NaN}',
        b'{"kind":"eid.card-order:1","kind":"eid.card-order:1"}',
        b" " * 70000,
    ],
)
def test_what_is_no_document_is_refused(text: bytes) -> None:
    with pytest.raises(DocumentMalformed) as refused:
        read_order(text)
    assert refused.value.member in {"document", "kind"}


def test_a_refusal_never_repeats_a_value(order: Order) -> None:
    with pytest.raises(DocumentMalformed) as refused:
        read_order(json.dumps(order(holder={"number": "001190000001 secret"})))
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("changed", "member"),
    [
        ({"chipSerial": "00"}, "chipSerial"),
        ({"keys": [{"slot": "9A", "publicKey": "AQ", "proof": "BAUG"}]}, "keys[0].publicKey"),
        ({"keys": [{"slot": "9A", "publicKey": "AQID", "proof": "B-_G"}]}, "keys[0].proof"),
        ({"objects": []}, "objects"),
        ({"objects": OBJECTS[:1] * 2}, "objects"),
        ({"objects": [OBJECTS[0] | {"tag": "7E"}]}, "objects[0].tag"),
        ({"objects": [OBJECTS[0] | {"hash": "AQID"}]}, "objects[0].hash"),
    ],
)
def test_a_wrong_report_is_refused(changed: dict[str, Any], member: str) -> None:
    with pytest.raises(DocumentMalformed) as refused:
        read_report(json.dumps(REPORT | changed))
    assert refused.value.member == member


@pytest.mark.parametrize(
    ("changed", "member"),
    [
        ({"certificates": [{"slot": "9A"}]}, "certificates[0].certificate"),
        ({"certificates": [{"slot": "9A", "certificate": ""}]}, "certificates[0].certificate"),
        ({"certificates": [{"slot": "9A", "certificate": "AQID"}] * 2}, "certificates"),
    ],
)
def test_a_wrong_pack_is_refused(changed: dict[str, Any], member: str) -> None:
    with pytest.raises(DocumentMalformed) as refused:
        read_pack(json.dumps(PACK | changed))
    assert refused.value.member == member


def test_each_document_survives_being_written(order: Order) -> None:
    members = order()
    assert json.loads(build_order(read_order(json.dumps(members)))) == members
    assert json.loads(build_report(read_report(json.dumps(REPORT)))) == REPORT
    assert json.loads(build_pack(read_pack(json.dumps(PACK)))) == PACK
    told = REPORT | {"objects": OBJECTS}
    assert json.loads(build_report(read_report(json.dumps(told)))) == told
    signed = PACK | {"pivSecurityObject": "AQID"}
    assert json.loads(build_pack(read_pack(json.dumps(signed)))) == signed


def test_a_written_document_is_one_line(order: Order) -> None:
    read = read_order(json.dumps(order()))
    strange = replace(read, holder=replace(read.holder, name="a\u2028b\u0085c"))
    assert read_order(build_order(strange)) == strange
    assert "\n" not in build_order(strange)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
members_of_an_order = st.sampled_from(
    ["kind", "order", "card", "documentNumber", "holder", "issued", "validUntil", "mrz", "keys"]
)


@given(st.binary(max_size=200) | st.text(max_size=200) | json_values.map(json.dumps))
def test_anything_is_read_or_refused(text: str | bytes) -> None:
    for read in (read_order, read_report, read_pack):
        with pytest.raises(DocumentMalformed):
            read(text)


@given(members_of_an_order, json_values)
def test_an_order_with_any_other_member_is_read_or_refused(member: str, value: object) -> None:
    members = json.loads(ORDER_TEXT)
    members[member] = value
    try:
        read = read_order(json.dumps(members))
    except DocumentMalformed as error:
        refused_for = error.member
    else:
        refused_for = member
        assert read_order(build_order(read)) == read
    assert refused_for.startswith((member, "document"))


ORDER_TEXT = json.dumps(
    {
        "kind": "eid.card-order:1",
        "order": "0a1b",
        "card": "c0ffee",
        "documentNumber": "VN0000001",
        "holder": {
            "number": "001190000001",
            "name": "Nguyễn Thị Mẫu",
            "latinName": "NGUYEN THI MAU",
            "born": "1990-01-15",
            "sex": "F",
            "nationality": "VNM",
        },
        "issued": "2021-07-01",
        "validUntil": None,
        "mrz": ["<" * 30] * 3,
        "keys": [{"slot": "9A", "profile": "card_authentication", "algorithm": "ES256"}],
    }
)
