import pytest

from chipcard_sim.iso7816 import tlv
from chipcard_sim.iso7816.tlv import MalformedTlv, Tlv


@pytest.mark.parametrize(
    ("raw", "fields"),
    [
        ("", ()),
        ("5301AA", (Tlv(0x53, b"\xaa"),)),
        ("5FC10501AA", (Tlv(0x5FC105, b"\xaa"),)),
        ("7F4900", (Tlv(0x7F49, b""),)),
        ("8200810100", (Tlv(0x82, b""), Tlv(0x81, b"\x00"))),
        ("5382000153", (Tlv(0x53, b"\x53"),)),  # not the shortest length, and BER all the same
    ],
)
def test_fields_are_read(raw: str, fields: tuple[Tlv, ...]) -> None:
    assert tlv.read(bytes.fromhex(raw)) == fields


@pytest.mark.parametrize(
    "raw",
    [
        "53",  # no length
        "5302AA",  # past the end
        "5380AA0000",  # indefinite
        "5381",  # length cut
        "538201",  # length cut
        "53830000" + "01AA",  # three bytes of length
        "5384FFFFFFFF",  # the length that once crashed a reader
        "5F",  # tag cut
        "5FC1",  # tag cut
        "5FC1818105" + "00",  # tag of more than three bytes
        "00",  # padding
        "FF00",  # padding
    ],
)
def test_what_is_no_tlv_is_refused__CV_41(raw: str) -> None:
    with pytest.raises(MalformedTlv):
        tlv.read(bytes.fromhex(raw))


@pytest.mark.parametrize(
    ("length", "head"),
    [(0, "5300"), (127, "537F"), (128, "538180"), (255, "5381FF"), (256, "53820100")],
)
def test_lengths_are_built_short(length: int, head: str) -> None:
    assert tlv.build(0x53, bytes(length)).hex().upper().startswith(head)


@pytest.mark.parametrize("tag", [0x00, 0xFF, 0x5F, 0x5FC1, 0x1F818182, 0x5353, 0x5F2F53])
def test_what_is_not_one_tag_is_not_built(tag: int) -> None:
    with pytest.raises(MalformedTlv):
        tlv.build(tag, b"")


def test_a_value_that_no_command_can_carry_is_not_built() -> None:
    with pytest.raises(MalformedTlv):
        tlv.build(0x53, bytes(65536))


@pytest.mark.parametrize(
    "raw", ["810082008100", "81008200", "8200", "820081008100", "82008100" + "8300"]
)
def test_fields_out_of_order_repeated_or_missing_are_refused__CV_41(raw: str) -> None:
    with pytest.raises(MalformedTlv):
        tlv.values(bytes.fromhex(raw), 0x82, 0x81)


def test_a_repeated_tag_is_refused__CV_41() -> None:
    with pytest.raises(MalformedTlv):
        tlv.by_tag(bytes.fromhex("700101700102"))


def test_a_thousand_floors_are_read_one_at_a_time__CV_40() -> None:
    deep = b""
    for _ in range(1000):
        deep = tlv.build(0x7C, deep)
    assert len(tlv.value(deep, 0x7C)) < len(deep)
