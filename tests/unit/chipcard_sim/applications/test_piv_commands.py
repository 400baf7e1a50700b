import pytest

from chipcard_sim.applications.piv.commands import (
    AskPin,
    ChangeReference,
    GetObject,
    LogOut,
    PivCommand,
    Sign,
    Unblock,
    VerifyPin,
    read_command,
)
from chipcard_sim.iso7816.apdu import Command
from chipcard_sim.iso7816.status import CardError
from chipcard_sim.iso7816.tlv import MalformedTlv


def read(raw: str) -> PivCommand:
    return read_command(Command.read(bytes.fromhex(raw)))


@pytest.mark.parametrize(
    ("raw", "command"),
    [
        ("00200080", AskPin()),
        ("0020008000", AskPin()),
        ("0020FF80", LogOut()),
        ("0020008008" + "31" * 8, VerifyPin(b"1" * 8)),
        ("0024008010" + "31" * 8 + "32" * 8, ChangeReference(0x80, b"1" * 8, b"2" * 8)),
        ("0024008110" + "31" * 8 + "32" * 8, ChangeReference(0x81, b"1" * 8, b"2" * 8)),
        ("002C008010" + "31" * 8 + "32" * 8, Unblock(b"1" * 8, b"2" * 8)),
        ("00CB3FFF035C017E00", GetObject(0x7E)),
        ("00CB3FFF055C035FC10208", GetObject(0x5FC102)),
        ("0087119C087C068200" + "8102ABCD00", Sign(0x11, 0x9C, b"\xab\xcd")),
    ],
)
def test_a_command_is_read(raw: str, command: PivCommand) -> None:
    assert read(raw) == command


@pytest.mark.parametrize(
    ("raw", "status"),
    [
        ("0C200080", 0x6E00),  # secure messaging is not spoken here
        ("80200080", 0x6E00),
        ("004700", None),
        ("0047009A05AC03800111", 0x6D00),
        ("00DB3FFF055C035FC102", 0x6D00),
        ("00CADF3000", 0x6D00),
        ("00200180", 0x6A86),
        ("00200081", 0x6A88),
        ("00200000", 0x6A88),
        ("0020FF8008" + "31" * 8, 0x6A80),
        ("0024018010" + "31" * 16, 0x6A86),
        ("0024008210" + "31" * 16, 0x6A88),
        ("0024008008" + "31" * 8, 0x6A80),
        ("002C018010" + "31" * 16, 0x6A86),
        ("002C008110" + "31" * 16, 0x6A88),
        ("002C00800F" + "31" * 15, 0x6A80),
        ("00CB3F00035C017E", 0x6A86),
        ("00CB3FFF025C00", 0x6A80),
        ("00CB3FFF065C045FC10201", 0x6A80),
        ("0087119A077C05820100" + "8100", 0x6A80),
    ],
)
def test_a_command_that_does_not_fit_is_refused(raw: str, status: int | None) -> None:
    if status is None:
        with pytest.raises(ValueError, match="header"):
            read(raw)
        return
    with pytest.raises(CardError) as refusal:
        read(raw)
    assert refusal.value.status == status


@pytest.mark.parametrize(
    "raw",
    [
        "0087119A00",  # nothing
        "0087119A067C048101AB8200",  # 81 before 82
        "0087119A057C038101AB",  # 82 missing
        "0087119A047C028200",  # 81 missing
        "0087119A087C0682008500" + "8100",  # another field
        "0087119A067C04820081FF",  # past the end
        "00CB3FFF045301AA00",  # no tag list
        "00CB3FFF065C017E5C0130",  # two
    ],
)
def test_data_that_do_not_fit_are_refused__CV_41(raw: str) -> None:
    with pytest.raises(MalformedTlv):
        read(raw)


@pytest.mark.parametrize(
    "command",
    [
        VerifyPin(b"13579135"),
        ChangeReference(0x80, b"13579135", b"13579135"),
        Unblock(b"13579135", b"13579135"),
    ],
)
def test_pins_are_not_in_the_repr__CV_52(command: PivCommand) -> None:
    assert "13579135" not in repr(command)
