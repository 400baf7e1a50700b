"""The worked examples against the whole card, byte for byte: only its dice are loaded."""

import hashlib
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from unit.chipcard_sim import passports
from unit.chipcard_sim.cards import change_state, send
from unit.chipcard_sim.passports import (
    CHIP,
    COMMON,
    PASSPORT,
    PassportReader,
    opened,
    passport_card,
)

from chipcard_sim.applications.emrtd import bac, pace
from chipcard_sim.chip.card import Card
from chipcard_sim.chip.keys import KeyAlgorithm
from chipcard_sim.chip.memory import CardState, StoredKey
from chipcard_sim.iso7816.curves import P256
from chipcard_sim.iso7816.secure_messaging import SecureMessaging

FOLDER = Path(__file__).parent
COUNTERS = (b"\x00\x00\x00\x01", b"\x00\x00\x00\x02")  # of KSenc and KSmac


def example(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text())


def raw(digits: str) -> bytes:
    return bytes.fromhex(digits)


def changed(path: Path, change: Callable[[CardState], CardState]) -> Card:
    card = passport_card(path)
    change_state(path, change)
    return card


def load_pace_dice(monkeypatch: pytest.MonkeyPatch, nonce: str, *scalars: str) -> None:
    falls = iter(int(each, 16) for each in scalars)
    monkeypatch.setattr(pace, "draw_nonce", lambda: raw(nonce))
    monkeypatch.setattr(pace, "draw_scalar", lambda _curve: next(falls))


def test_basic_access_control_and_its_session__icao9303_11_D(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told, protected = example("bac"), example("secure_messaging_3des")
    secret, common = raw(told["sha1_mrz_information"]), raw(protected["ef_com"])
    card = changed(
        tmp_path / "chip",
        lambda state: replace(state, passwords={1: secret}, files={**state.files, 0x011E: common}),
    )
    falls = iter([raw(told["rnd_ic"]), raw(told["k_ic"])])
    monkeypatch.setattr(bac, "draw", lambda _size: next(falls))
    assert send(card, PASSPORT) == "9000"
    assert send(card, told["get_challenge_capdu"]) == told["rnd_ic"] + "9000"
    assert send(card, told["external_authenticate_capdu"]) == told["resp_data"] + "9000"
    for step in protected["step"]:
        assert send(card, step["protected_capdu"]) == step["rapdu"]


def test_pace__icao9303_11_G_1(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    told = example("pace_ecdh_gm")
    card = changed(
        tmp_path / "chip",
        lambda state: replace(
            state,
            passwords={1: raw(told["k_sha1_mrz"])},
            files={**state.files, 0x011C: raw(told["ef_cardaccess"])},
        ),
    )
    load_pace_dice(monkeypatch, told["nonce_s"], told["map_sk_ic"], told["ka_sk_ic"])
    assert send(card, "00B09C0000") == told["ef_cardaccess"] + "9000"
    assert [send(card, each["command"]) for each in told["exchange"]] == [
        each["answer"] for each in told["exchange"]
    ]


def test_pace_with_leading_zeros_gives_both_the_same_keys__tr03111_3_1_3(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    zero = example("leading_zero")
    reader = PassportReader(passport_card(tmp_path / "chip"))
    load_pace_dice(monkeypatch, zero["nonce"], zero["map_own"], zero["own"])
    falls = iter([int(zero["map_other"], 16), int(zero["other"], 16)])
    monkeypatch.setattr(passports, "scalar", lambda: next(falls))
    assert reader.pace() == "9000"
    key_enc, key_mac = (
        hashlib.sha1(raw(zero["secret"]) + counter).digest()[:16]  # noqa: S324 - as ICAO says
        for counter in COUNTERS
    )
    reader.session = SecureMessaging("AES", key_enc, key_mac)
    assert reader.ask(PASSPORT) == "9000"
    assert reader.read(0x011E) == COMMON


def test_chip_authentication_with_a_leading_zero__tr03111_3_1_3(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    zero = example("leading_zero")
    chip = ec.derive_private_key(int(zero["chip"], 16), ec.SECP256R1())
    der = chip.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    stored = StoredKey(KeyAlgorithm.P256, der)
    card = changed(
        tmp_path / "chip", lambda state: replace(state, keys={**state.keys, CHIP: stored})
    )
    reader = opened(card)
    monkeypatch.setattr(passports, "scalar", lambda: int(zero["chip_other"], 16))
    public = P256.encode(P256.multiply(int(zero["chip"], 16), P256.generator))
    assert reader.chip_authentication(public) == "7C009000"
    assert reader.read(0x011E) == COMMON


def test_a_zone_s_own_password_opens_the_example(tmp_path: Path) -> None:
    """The helper's reader computes as ICAO's reader does: it opens a chip with ICAO's MRZ."""
    told = example("pace_ecdh_gm")
    secret = hashlib.sha1(told["mrz_information"].encode()).digest()  # noqa: S324 - as ICAO says
    card = changed(tmp_path / "chip", lambda state: replace(state, passwords={1: secret}))
    assert PassportReader(card).pace(secret) == "9000"
