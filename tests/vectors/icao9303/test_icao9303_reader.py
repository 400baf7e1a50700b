"""The worked examples against the reader, byte for byte: only its dice are loaded."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from unit.chipcard_sim.scripted import ScriptedCard

from chipcard_sim.iso7816.apdu import Command
from chipcard_sim.terminal.access_key import AccessKey
from chipcard_sim.terminal.basic_access import open_with_basic_access
from chipcard_sim.terminal.connection import Connection
from chipcard_sim.terminal.errors import ChipNotGenuine
from chipcard_sim.terminal.pace import open_with_pace
from chipcard_sim.terminal.security_infos import pace_offers, read_security_infos

FOLDER = Path(__file__).parent


def example(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text())


def test_basic_access_and_its_session__icao9303_11_D() -> None:
    told, protected = example("bac"), example("secure_messaging_3des")
    card = ScriptedCard(
        told["rnd_ic"] + "9000",
        told["resp_data"] + "9000",
        *(step["rapdu"] for step in protected["step"]),
    )
    connection = Connection(card)
    key = AccessKey.from_mrz_information(told["mrz_information"])
    thrown = iter((told["rnd_ifd"], told["k_ifd"]))
    open_with_basic_access(connection, key, lambda _: bytes.fromhex(next(thrown)))
    answers = [
        connection.exchange(Command.read(bytes.fromhex(step["plain"]))).build().hex().upper()
        for step in protected["step"]
    ]
    assert answers == [step["plain_response"] for step in protected["step"]]
    assert card.asked == [
        told["get_challenge_capdu"],
        told["external_authenticate_capdu"],
        *(step["protected_capdu"] for step in protected["step"]),
    ]


def pace(told: dict[str, Any], card: ScriptedCard) -> None:
    (offer,) = pace_offers(read_security_infos(bytes.fromhex(told["ef_cardaccess"])))
    thrown = iter((int(told["map_sk_ifd"], 16), int(told["ka_sk_ifd"], 16)))
    key = AccessKey.from_mrz_information(told["mrz_information"])
    open_with_pace(Connection(card), key, offer, lambda _: next(thrown))


def test_pace__icao9303_11_G_1() -> None:
    told = example("pace_ecdh_gm")
    card = ScriptedCard(*(each["answer"] for each in told["exchange"]))
    pace(told, card)
    choose, *steps = (each["command"] for each in told["exchange"])
    with_curve = choose.replace("C1A40F", "C1A412") + "84010D"
    assert card.asked == [with_curve, *steps]


@pytest.mark.parametrize("digit", [-5, -20])
def test_pace_with_one_digit_of_the_last_answer_changed__icao9303_11_G_1(digit: int) -> None:
    told = example("pace_ecdh_gm")
    answers = [each["answer"] for each in told["exchange"]]
    changed = "0" if answers[-1][digit] != "0" else "1"
    answers[-1] = answers[-1][:digit] + changed + answers[-1][digit + 1 :]
    with pytest.raises(ChipNotGenuine):
        pace(told, ScriptedCard(*answers))
