import pytest

from chipcard_sim.applications.piv.authenticate import (
    Agree,
    AnswerChallenge,
    AnswerWitness,
    AskChallenge,
    AskWitness,
    Sign,
)
from chipcard_sim.applications.piv.commands import (
    AskPin,
    ChangeReference,
    GenerateKey,
    GetObject,
    LogOut,
    PivCommand,
    PutObject,
    Unblock,
    VerifyPin,
    read_command,
)
from chipcard_sim.applications.piv.yubico import AskMetadata, AskSerial, AskVersion
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
        ("0087119D087C068200" + "8502ABCD00", Agree(0x11, 0x9D, b"\xab\xcd")),
        ("0087009B047C02810000", AskChallenge(0, 0x9B)),
        ("0087039B047C02800000", AskWitness(3, 0x9B)),
        ("0087039B057C03820155", AnswerChallenge(3, 0x9B, b"U")),
        ("0087039B087C0680015581015600", AnswerWitness(3, 0x9B, b"U", b"V")),
        ("0087039B0A7C088001558101568200" + "00", AnswerWitness(3, 0x9B, b"U", b"V")),
        ("0047009A05AC0380011100", GenerateKey(0x9A, 0x11)),
        ("00DB3FFF095C035FC1025302ABCD", PutObject(0x5FC102, b"\xab\xcd")),
        ("00DB3FFF075C035FC1025300", PutObject(0x5FC102, b"")),
        ("00DB3FFF057E034F01AA", PutObject(0x7E, b"\x7e\x03\x4f\x01\xaa")),
        ("00DB3FFF027E00", PutObject(0x7E, b"")),
        ("00FD000000", AskVersion()),
        ("00F8000000", AskSerial()),
        ("00F7009B00", AskMetadata(0x9B)),
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
        ("00CADF3000", 0x6D00),
        ("00FFFFFF", 0x6D00),  # Yubico's SET MANAGEMENT KEY
        ("0047019A05AC03800111", 0x6A86),
        ("0047009A06AC0480021111", 0x6A80),
        ("00DB3F00095C035FC1025302ABCD", 0x6A86),
        ("00DB3FFF065C017E5301AA", 0x6A80),  # the discovery object stands alone
        ("00DB3FFF045C005300", 0x6A80),
        ("00FD000100", 0x6A86),
        ("00F8010000", 0x6A86),
        ("00F7019B00", 0x6A86),
        ("00F7009B01AA00", 0x6A80),
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
        "0087119A077C05820100" + "8100",  # something where an answer is asked for
        "0087039B087C0681015580015600",  # 81 before 80
        "0087039B0B7C0980015581015682" + "01AA00",  # an answer where one is asked for
        "0087039B067C0480008000",  # two witnesses
        "0087039B047C028300",  # no such field
        "0087119A067C04820081FF",  # past the end
        "00CB3FFF045301AA00",  # no tag list
        "00CB3FFF065C017E5C0130",  # two
        "00DB3FFF055C035FC102",  # no content
        "00DB3FFF075300" + "5C035FC102",  # content first
        "00DB3FFF095C035FC10253005300",  # two contents
        "0047009A05AD03800111",  # not the template of a key pair
        "0047009A08AC06800111AA0103",  # a PIN policy of another maker's cards
        "0047009A02AC00",
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
