from hashlib import sha256

import pytest
from chips_for_tests import Country, container, security_object
from hypothesis import given
from hypothesis import strategies as st

from chipcard_sim.iso7816 import tlv
from chipcard_sim.terminal.errors import NotACard
from chipcard_sim.terminal.security_object import read_security_object

GROUPS = {1: b"the zone", 2: b"the face", 15: b"the key"}


def signed(digest: str = "sha256", country: str = "VN") -> bytes:
    inside = security_object(GROUPS, digest)
    return tlv.build(0x77, container(inside, Country(country).signer()))


@pytest.fixture(scope="module")
def file() -> bytes:
    return signed()


@pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512"])
def test_the_hashes_and_the_signer_s_name_are_read__icao9303_10_4_6_2(digest: str) -> None:
    read = read_security_object(signed(digest))
    assert (read.algorithm, sorted(read.hashes)) == (digest, [1, 2, 15])
    assert read.signer is not None
    assert (read.signer.subject, read.signer.issuer) == (
        "CN=Document signer VN,C=VN",
        "CN=CSCA VN,C=VN",
    )


def test_a_group_agrees_with_its_own_hash_alone(file: bytes) -> None:
    read = read_security_object(file)
    assert read.hashes[1] == sha256(b"the zone").digest()
    assert read.agrees(1, b"the zone")
    assert not read.agrees(1, b"the face")
    assert not read.agrees(3, b"the zone")


def test_a_certificate_that_cannot_be_read_is_nobody(file: bytes) -> None:
    version = b"\xa0\x03\x02\x01\x02"  # RFC 5280, 4.1.2.1: the third version
    assert version in file
    assert read_security_object(file.replace(version, b"\xa0\x03\x02\x01\x09")).signer is None
    serial = file.index(version) + len(version) + 2
    below_zero = file[:serial] + b"\x80" + file[serial + 1 :]  # RFC 5280, 4.1.2.2: positive
    assert read_security_object(below_zero).signer is None


@pytest.mark.parametrize("numbers", [(1, 1), (0, 1), (1, 17)])
def test_a_group_twice_or_one_that_does_not_exist_is_refused(numbers: tuple[int, int]) -> None:
    first, second = (bytes((0x02, 0x01, number, 0x04, 0x20)) for number in numbers)
    changed = (
        signed().replace(b"\x02\x01\x01\x04\x20", first).replace(b"\x02\x01\x02\x04\x20", second)
    )
    with pytest.raises(NotACard):
        read_security_object(changed)


@given(st.binary(max_size=60), st.integers(0, 1200))
def test_any_bytes_are_read_or_refused(file: bytes, garbage: bytes, at: int) -> None:
    for spoilt in (garbage, file[:at] + garbage + file[at + len(garbage) :], file[:at]):
        try:
            read = read_security_object(spoilt)
        except NotACard:
            continue
        read.agrees(1, b"the zone")
