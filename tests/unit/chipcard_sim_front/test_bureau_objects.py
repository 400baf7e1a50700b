from datetime import date

import pytest

from chipcard_sim.applications.piv.objects import OBJECTS
from chipcard_sim.bureau import objects
from chipcard_sim.iso7816 import tlv

GUID = bytes(range(16))
NAME = "NGUYEN THI MAU"


def printed(
    name: str = NAME, valid_until: date | None = date(2030, 1, 15)
) -> tuple[bytes, dict[int, bytes]]:
    content = objects.build_printed_information(name, "990000001", "VNM", valid_until)
    return content, tlv.by_tag(content)


def test_what_is_printed_is_in_its_fields__sp800_73_4_p1_a() -> None:
    content, fields = printed()
    assert [each.tag for each in tlv.read(content)] == [0x01, 0x02, 0x04, 0x05, 0x06, 0xFE]
    assert fields[0x01] == NAME.encode()
    assert fields[0x04] == b"2030JAN15"
    assert fields[0x05] == b"990000001"
    assert fields[0x06] == b"VNM            "
    assert fields[0xFE] == b""


@pytest.mark.parametrize(
    ("day", "told"),
    [
        (None, b"9999DEC31"),
        (date(2030, 2, 1), b"2030FEB01"),
        (date(2031, 9, 30), b"2031SEP30"),
        (date(2032, 12, 31), b"2032DEC31"),
    ],
)
def test_a_date_is_year_month_day_in_nine_letters__sp800_73_4_p1_a(
    day: date | None, told: bytes
) -> None:
    assert printed(valid_until=day)[1][0x04] == told


def test_the_longest_name_is_cut_and_fits__sp800_73_4_p1_a() -> None:
    content, fields = printed(name="A" * 200)
    assert fields[0x01] == b"A" * 125
    assert len(content) <= OBJECTS[objects.PRINTED_INFORMATION].size


def test_there_is_no_retired_key__sp800_73_4_p1_a() -> None:
    assert tlv.values(objects.build_key_history(), 0xC1, 0xC2, 0xFE) == (b"\x00", b"\x00", b"")


def test_every_object_of_the_factory_has_its_place_on_the_card__sp800_73_4_p1_a_table_7() -> None:
    written = {
        objects.CARDHOLDER_IDENTIFIER: objects.build_cardholder_identifier(GUID, None),
        objects.CARD_CAPABILITIES: objects.build_card_capabilities(GUID),
        objects.DISCOVERY: objects.build_discovery(),
        objects.KEY_HISTORY: objects.build_key_history(),
        **{tag: objects.build_certificate(bytes(2000)) for tag in objects.CERTIFICATES.values()},
    }
    assert {tag for tag, content in written.items() if len(content) > OBJECTS[tag].size} == set()


def test_the_four_slots_have_their_certificates__sp800_73_4_p1_table_3() -> None:
    assert objects.CERTIFICATES == {
        "9A": 0x5FC105,
        "9C": 0x5FC10A,
        "9D": 0x5FC10B,
        "9E": 0x5FC101,
    }
