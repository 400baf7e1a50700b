"""Whatever a card brings or answers, the reader ends with one of its own errors, and soon."""

import random  # noqa: TID251 - seeded on purpose: a failure can be played again
from time import perf_counter

import pytest
from asn1crypto import keys  # type: ignore[import-untyped]
from chips_for_tests import field
from cryptography.x509 import load_der_x509_certificate
from hypothesis import given, settings
from hypothesis import strategies as st
from soak import talks
from soak.card_doors import look_at_certificate
from soak.server_doors import certificates

from chipcard_sim.terminal.active_authentication import check_active_authentication
from chipcard_sim.terminal.certificates import read_certificate
from chipcard_sim.terminal.errors import NotACard

SEEDS = st.integers(0, 2**32)


@pytest.mark.parametrize("what", ["makes", *talks.PIV_TALKS])
@settings(max_examples=30, deadline=None)
@given(seed=SEEDS)
def test_a_reader_listens_to_a_liar__CV_42(what: str, seed: int) -> None:
    talks.listen_to_liar(what, random.Random(seed))


@pytest.mark.parametrize("what", ["shows a passport"])  # the others: test_reader_never_crashes
@settings(max_examples=15, deadline=None)
@given(seed=SEEDS)
def test_a_reader_listens_to_a_forger__CV_42(what: str, seed: int) -> None:
    talks.listen_to_forger(what, random.Random(seed))


VERSION = b"\xa0\x03\x02\x01\x02"  # RFC 5280, 4.1.2.1: the third version


def unreadable() -> dict[str, bytes]:
    good = certificates()[0]
    name = load_der_x509_certificate(good).subject.public_bytes()
    serial = good.index(VERSION) + len(VERSION) + 2
    return {
        "none": b"",
        "a version that does not exist": good.replace(VERSION, b"\xa0\x03\x02\x01\x09"),
        "a serial number below zero": good[:serial] + b"\x80" + good[serial + 1 :],
        "a country that is no text": good.replace(name, name.replace(b"\x13\x02VN", b"\x03\x02VN")),
        "a name that is none": good.replace(name, name.replace(b"\x13\x02VN", b"\x13\x02\xff\xff")),
    }


@pytest.mark.parametrize("how", unreadable())
def test_a_certificate_that_is_read_late_is_refused_early__CV_40(how: str) -> None:
    changed = unreadable()[how]
    assert changed not in certificates()
    with pytest.raises(NotACard):
        read_certificate(changed)
    with pytest.raises(NotACard, match="nothing is drawn"):
        look_at_certificate(changed)


def test_a_name_of_an_odd_length_is_read() -> None:
    common_name, country_name = b"\x06\x03\x55\x04\x03", b"\x06\x03\x55\x04\x06"
    good = certificates()[0]
    place = good.rindex(common_name)  # the subject's; a country has two letters
    odd = good[:place] + country_name + good[place + len(country_name) :]
    assert len(read_certificate(odd).subject.rfc4514_string().partition("C=")[2]) > 2


@pytest.mark.parametrize("bits", [8192, 16384, 200_000])
def test_a_key_longer_than_any_chip_s_keeps_no_reader_busy__CV_44(bits: int) -> None:
    modulus = (1 << bits) - 1
    key = keys.RSAPublicKey({"modulus": modulus, "public_exponent": modulus - 2})
    file = field("6f", keys.PublicKeyInfo.wrap(key, "rsa").dump())
    started = perf_counter()
    with pytest.raises(NotACard, match="size"):
        check_active_authentication(file, (), bytes(8), b"\x55" * (bits // 8))
    assert perf_counter() - started < 1
