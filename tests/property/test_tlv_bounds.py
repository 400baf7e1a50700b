import contextlib
from time import perf_counter

from hypothesis import given, settings
from hypothesis import strategies as st

from chipcard_sim.iso7816 import tlv
from chipcard_sim.iso7816.tlv import MalformedTlv, Tlv

ONE_BYTE_TAGS = st.integers(1, 254).filter(lambda tag: tag & 0x1F != 0x1F)
TWO_BYTE_TAGS = st.builds(lambda low: 0x7F00 | low, st.integers(0, 0x7F))
THREE_BYTE_TAGS = st.builds(
    lambda middle, low: 0x5F0000 | middle << 8 | low, st.integers(0x80, 0xFF), st.integers(0, 0x7F)
)
TAGS = ONE_BYTE_TAGS | TWO_BYTE_TAGS | THREE_BYTE_TAGS
FIELDS = st.builds(Tlv, TAGS, st.binary(max_size=300))


@given(st.lists(FIELDS, max_size=8))
def test_what_is_built_is_read_again__iso7816_4_6_3(fields: list[Tlv]) -> None:
    raw = b"".join(tlv.build(each.tag, each.value) for each in fields)
    assert tlv.read(raw) == tuple(fields)


@given(st.binary(max_size=600))
def test_any_bytes_are_fields_or_malformed__CV_41(raw: bytes) -> None:
    try:
        fields = tlv.read(raw)
    except MalformedTlv:
        return
    assert tlv.read(b"".join(tlv.build(each.tag, each.value) for each in fields)) == fields


@given(FIELDS, st.data())
def test_a_field_cut_short_is_refused__CV_41(field: Tlv, data: st.DataObject) -> None:
    raw = tlv.build(field.tag, field.value)
    cut = raw[: data.draw(st.integers(1, len(raw) - 1))]
    try:
        fields = tlv.read(cut)
    except MalformedTlv:
        return
    raise AssertionError(fields)


@given(st.integers(0, 0xFF))
@settings(max_examples=20)
def test_64_kilobytes_of_the_same_byte_are_read_in_no_time__CV_40(byte: int) -> None:
    started = perf_counter()
    with contextlib.suppress(MalformedTlv):
        tlv.read(bytes((byte,)) * 65535)
    assert perf_counter() - started < 1
