"""EF.SOD as it was read from the chip, before openssl: who signed it, and was it altered."""

from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from foreign.pcsc.strangers import Said, run
from passport_cards import PassportCard, State
from pki_for_tests import BEGIN

from chipcard_sim.iso7816 import tlv
from chipcard_sim.terminal.access_key import AccessKey
from chipcard_sim.terminal.emrtd import SECURITY_OBJECT, EmrtdClient
from eid.emrtd.security_object import build_security_object

NOT_VERIFIED = 4  # openssl-cms(1)

Verify = Callable[..., Said]


@pytest.fixture(scope="session")
def container(passport: PassportCard) -> bytes:
    """The CMS container, read from the chip by our own reader."""
    chip = EmrtdClient(passport.open())
    chip.open(AccessKey.from_can(passport.can))
    return tlv.value(chip.read(SECURITY_OBJECT), 0x77)


@pytest.fixture
def verify(tmp_path: Path, passport: PassportCard) -> Verify:
    """Have openssl judge a container; what was signed lies in `signed`."""

    def judge(der: bytes, state: State = passport.state) -> Said:
        (tmp_path / "sod.der").write_bytes(der)
        anchor = state.root.public_bytes(Encoding.PEM)
        (tmp_path / "csca.pem").write_bytes(anchor)
        words = ["-inform", "DER", "-in", tmp_path / "sod.der", "-CAfile", tmp_path / "csca.pem"]
        moment = ["-attime", int(BEGIN.timestamp()) + 86400, "-purpose", "any"]
        return run("openssl", "cms", "-verify", *words, *moment, "-out", tmp_path / "signed")

    return judge


def test_it_is_signed_by_the_state__icao9303_11_5_1(
    verify: Verify, container: bytes, passport: PassportCard, tmp_path: Path
) -> None:
    said = verify(container)
    assert said.code == 0, said.text
    chip = EmrtdClient(passport.open())
    chip.open(AccessKey.from_can(passport.can))
    groups = {number: chip.read(0x0100 | number) for number in (1, 2, 13, 14, 15)}
    assert (tmp_path / "signed").read_bytes() == build_security_object(groups)


@pytest.mark.parametrize("place", ["a hash", "the signature", "the signer's key"])
def test_one_altered_byte_is_found__icao9303_11_5_1(
    verify: Verify, container: bytes, passport: PassportCard, place: str
) -> None:
    at = {
        "a hash": container.index(b"\x02\x01\x01\x04\x20") + 10,
        "the signature": len(container) - 5,
        "the signer's key": container.index(passport.state.signer.certificate[-100:]),
    }[place]
    altered = container[:at] + bytes((container[at] ^ 1,)) + container[at + 1 :]
    assert verify(altered).code == NOT_VERIFIED


def test_another_state_has_not_signed_it__icao9303_11_5_1(verify: Verify, container: bytes) -> None:
    assert verify(container, State()).code == NOT_VERIFIED
