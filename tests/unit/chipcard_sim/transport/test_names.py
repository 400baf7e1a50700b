import pytest
from hypothesis import given
from hypothesis import strategies as st

from chipcard_sim.iso7816.apdu import Command
from chipcard_sim.transport.names import name_command

BYTE = st.integers(0, 255)


@pytest.mark.parametrize(
    ("command", "name"),
    [
        ("00A4040009A00000030800001000", "SELECT PIV"),
        ("00A4040C07A0000002471001", "SELECT passport"),
        ("00A404000BF0454944464143544F5259", "SELECT factory"),
        ("00A4040005A000000527", "SELECT application A000000527"),
        ("00A4000C", "SELECT MF"),
        ("00A4000C023F00", "SELECT MF"),
        ("00A4020C02011C", "SELECT EF.CardAccess"),
        ("00A4020C020102", "SELECT DG2"),
        ("00A4020C022F00", "SELECT file 2F00"),
        ("00B09C0000", "READ BINARY EF.CardAccess from 0"),
        ("00B0010000", "READ BINARY from 256"),
        ("0CB09E00", "READ BINARY EF.COM from 0, secured"),
        ("0CA4020C09000000000000000000", "SELECT, secured"),
        ("00CB3FFF055C035FC10500", "GET DATA 5FC105, certificate 9A"),
        ("00CB3FFF035C017E00", "GET DATA 7E, discovery object"),
        ("00CB3FFF055C035FFF01", "GET DATA 5FFF01"),
        ("00CADF3000", "GET DATA DF30"),
        ("00DB3FFF095C035FC1055302AABB", "PUT DATA 5FC105, certificate 9A"),
        ("00200080", "VERIFY PIN, how many tries"),
        ("0020FF80", "VERIFY PIN, log out"),
        ("0020008008313233343536FFFF", "VERIFY PIN"),
        ("0024008110" + "31" * 16, "CHANGE REFERENCE DATA PUK"),
        ("002C008010" + "31" * 16, "RESET RETRY COUNTER PIN"),
        ("0022C1A4050123456789", "MANAGE SECURITY ENVIRONMENT"),
        (
            "0022C1A40F800A04007F00070202040202830102",
            "MANAGE SECURITY ENVIRONMENT PACE with the CAN",
        ),
        ("10860000027C0000", "GENERAL AUTHENTICATE PACE 1, encrypted nonce"),
        ("10860000067C04810200AA00", "GENERAL AUTHENTICATE PACE 2, mapping"),
        ("00860000067C04850200AA00", "GENERAL AUTHENTICATE PACE 4, tokens"),
        ("0087119A087C0682008102AABB00", "GENERAL AUTHENTICATE sign with 9A, P-256"),
        ("0087149D087C0682008502AABB00", "GENERAL AUTHENTICATE agree on a key with 9D, P-384"),
        ("0087039B047C028000", "GENERAL AUTHENTICATE 9B, management key"),
        ("0084000008", "GET CHALLENGE"),
        ("00FDEE00", "GET VERSION"),
        ("00FCEE00", "INS FC"),
    ],
)
def test_a_command_has_a_name(command: str, name: str) -> None:
    assert name_command(Command.read(bytes.fromhex(command))) == name


@given(cla=BYTE, ins=BYTE, p1=BYTE, p2=BYTE, data=st.binary(max_size=40))
def test_whatever_the_command_it_has_a_name(
    cla: int, ins: int, p1: int, p2: int, data: bytes
) -> None:
    assert name_command(Command(cla, ins, p1, p2, data))
