"""EF.CardAccess and DG14 (ICAO Doc 9303-11, 9.2)."""

from typing import Any

import pytest
from asn1crypto import core, keys  # type: ignore[import-untyped]
from chips_for_tests import active_authentication_info, curve_in_numbers, spelled_out, spki
from chips_for_tests import field as tlv
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_der_public_key

from eid.emrtd.security_infos import (
    ACTIVE_AUTHENTICATION,
    CHIP_AUTHENTICATION_KEY,
    active_authentication_hash,
    build_card_access,
    build_dg14,
    read_card_access,
    read_dg14,
)
from eid.errors import BadChipData

KEY = ec.generate_private_key(ec.SECP256R1())


class Row(core.Sequence):  # type: ignore[misc]
    _fields = [  # noqa: RUF012
        ("protocol", core.ObjectIdentifier),
        ("required", core.Any),
        ("optional", core.Any, {"optional": True}),
    ]


class Rows(core.SetOf):  # type: ignore[misc]
    _child_spec = Row


def rows(der: bytes) -> list[tuple[str, Any, Any]]:
    """Read by another reader."""
    found = Rows.load(der, strict=True)
    assert found.dump(force=True) == der, "in the order of DER"
    return [
        (one["protocol"].dotted, one["required"].native, one["optional"].native) for one in found
    ]


def test_anybody_may_read_which_protocols_there_are() -> None:
    assert rows(build_card_access()) == [
        ("0.4.0.127.0.7.2.2.3.2.2", 1, None),
        ("0.4.0.127.0.7.2.2.4.2.2", 2, 12),
        ("0.4.0.127.0.7.2.2.4.2.2", 2, 13),
    ]
    assert len(read_card_access(build_card_access())) == 3


def test_the_signed_table_has_the_open_one_and_the_keys() -> None:
    file = build_dg14(spki(KEY))
    signed = read_dg14(file)
    assert set(read_card_access(build_card_access())) < set(signed)
    assert [one[0] for one in rows(file[4:])] == [one.protocol for one in signed]
    assert active_authentication_hash(signed) == "sha256"


def test_the_key_agreement_key_is_in_numbers__icao_9303_11_9_2_6() -> None:
    [row] = [
        one for one in read_dg14(build_dg14(spki(KEY))) if one.protocol == CHIP_AUTHENTICATION_KEY
    ]
    assert row.optional == b""
    assert load_der_public_key(row.required) == KEY.public_key()
    said = keys.PublicKeyInfo.load(row.required, strict=True)["algorithm"]["parameters"]
    told = keys.SpecifiedECDomain.load(curve_in_numbers("prime256v1"))
    told["curve"]["seed"] = None  # openssl tells it; it is optional
    assert (said.name, said.chosen.dump()) == ("specified", told.dump(force=True))


@pytest.mark.parametrize(
    "key",
    [
        b"",
        b"\x30\x00",
        spki(ec.generate_private_key(ec.SECP384R1())),
        spki(ec.generate_private_key(ec.BrainpoolP256R1())),
        spelled_out(spki(KEY), curve_in_numbers("prime256v1")),
    ],
    ids=["nothing", "an empty sequence", "P-384", "brainpool", "P-256 in numbers"],
)
def test_a_key_on_another_curve_is_not_written(key: bytes) -> None:
    with pytest.raises(BadChipData):
        build_dg14(key)


@pytest.mark.parametrize(
    ("oid", "said"),
    [
        ("0.4.0.127.0.7.1.1.4.1.3", "sha256"),
        ("0.4.0.127.0.7.1.1.4.1.4", "sha384"),
        ("0.4.0.127.0.7.1.1.4.1.5", "sha512"),
    ],
)
def test_a_chip_says_how_it_hashes(oid: str, said: str) -> None:
    assert active_authentication_hash(read_dg14(active_authentication_info(oid))) == said


def test_a_chip_need_not_say_it() -> None:
    assert active_authentication_hash(read_card_access(build_card_access())) is None


@pytest.mark.parametrize("oid", ["0.4.0.127.0.7.1.1.4.1.1", "0.4.0.127.0.7.1.1.4.1.2", "1.2.3"])
def test_a_weak_or_unknown_hash_is_refused__CV_10(oid: str) -> None:
    with pytest.raises(BadChipData):
        active_authentication_hash(read_dg14(active_authentication_info(oid)))


def row(*parts: bytes) -> bytes:
    return tlv("30", core.ObjectIdentifier(ACTIVE_AUTHENTICATION).dump(), *parts)


def test_a_hash_that_is_said_twice_or_not_at_all_is_refused__CV_41() -> None:
    said = active_authentication_info()[4:]
    for infos in (said + said, row(b"\x02\x01\x01")):
        with pytest.raises(BadChipData):
            active_authentication_hash(read_card_access(tlv("31", infos)))


@pytest.mark.parametrize(
    "file",
    [
        b"",
        tlv("31"),
        tlv("30", row(b"\x02\x01\x01")),
        tlv("31", b"\x05\x00"),
        tlv("31", tlv("30")),
        tlv("31", row()),
        tlv("31", row(b"\x02\x01\x01", b"\x05\x00", b"\x05\x00")),
        tlv("31", tlv("30", b"\x05\x00", b"\x02\x01\x01")),
        tlv("31", tlv("30", b"\x0d\x02\x2a\x03", b"\x02\x01\x01")),
        tlv("31", *[row(b"\x02\x01\x01")] * 33),
    ],
)
def test_another_table_is_refused__CV_41(file: bytes) -> None:
    with pytest.raises(BadChipData):
        read_card_access(file)
    with pytest.raises(BadChipData):
        read_dg14(tlv("6e", file))
