import pytest

from chipcard_sim.iso7816.apdu import Command, MalformedApdu, Response


@pytest.mark.parametrize(
    ("raw", "data", "answer_size"),
    [
        ("00200080", "", 0),
        ("0020008008", "", 8),
        ("0020008000", "", 256),
        ("002000800411223344", "11223344", 0),
        ("00200080021122FF", "1122", 255),
        ("0020008000" + "0100", "", 256),
        ("0020008000" + "0000", "", 65536),
        ("0020008000" + "0002" + "1122", "1122", 0),
        ("0020008000" + "0002" + "1122" + "0000", "1122", 65536),
    ],
)
def test_the_seven_cases_are_read__iso7816_4_5_2(raw: str, data: str, answer_size: int) -> None:
    command = Command.read(bytes.fromhex(raw))
    assert (command.data.hex(), command.answer_size) == (data, answer_size)


@pytest.mark.parametrize(
    "raw",
    [
        "",
        "002000",
        "0020008004112233",  # fewer data than Lc says
        "00200080011122FF",  # more than Le behind them
        "00200080000000FF",  # extended Lc of nothing
        "00200080000003AABB",  # extended, cut short
        "002000800000021122FF",  # one byte of Le where two are due
        "0020008000FF",  # extended Le cut in half
    ],
)
def test_lengths_that_do_not_add_up_are_refused__CV_41(raw: str) -> None:
    with pytest.raises(MalformedApdu):
        Command.read(bytes.fromhex(raw))


def test_a_short_command_is_built_short() -> None:
    built = Command(0, 0xCB, 0x3F, 0xFF, b"\x5c\x01\x7e", 256).build()
    assert built.hex() == "00cb3fff035c017e00"


def test_a_long_command_is_built_extended() -> None:
    built = Command(0, 0xDB, 0x3F, 0xFF, bytes(256), 0).build()
    assert built[:7].hex() == "00db3fff000100"
    assert len(built) == 7 + 256


@pytest.mark.parametrize(
    ("cla", "data_length", "answer_size"), [(256, 0, 0), (-1, 0, 0), (0, 65536, 0), (0, 0, 65537)]
)
def test_what_no_command_can_say_is_refused(cla: int, data_length: int, answer_size: int) -> None:
    with pytest.raises(MalformedApdu):
        Command(cla, 0, 0, 0, bytes(data_length), answer_size)


def test_the_data_of_a_command_are_not_in_its_repr__CV_52() -> None:
    assert "13579135" not in repr(Command(0, 0x20, 0, 0x80, b"13579135"))


@pytest.mark.parametrize(
    "raw", ["", "90", "016A80", "AABB6982", pytest.param("00" * 65537 + "9000", id="too long")]
)
def test_an_answer_that_is_none_is_refused__CV_42(raw: str) -> None:
    with pytest.raises(MalformedApdu):
        Response.read(bytes.fromhex(raw))


def test_an_answer_is_data_and_status() -> None:
    response = Response.read(bytes.fromhex("01026105"))
    assert (response.data, response.status) == (b"\x01\x02", 0x6105)
    assert response.build().hex() == "01026105"
