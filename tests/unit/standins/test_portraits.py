"""The drawn portraits: small, upright, chosen by sex and age, the same each time."""

import asyncio
import json
import re
import struct
from importlib.resources import files
from pathlib import Path

import pytest

from eid.errors import UnknownPerson
from eid.standins.portraits import DrawnPortraits

FACES = Path(str(files("eid.standins.faces")))
DRAWINGS = sorted(FACES.glob("*.svg"))
PEOPLE = Path(__file__).parents[3] / "docker" / "people.ndjson"
JPEG_BEGINS, JPEG_ENDS, FRAME = b"\xff\xd8\xff", b"\xff\xd9", b"\xff\xc0"


def portrait(number: str) -> bytes:
    return asyncio.run(DrawnPortraits().of(number))


def name_of(picture: bytes) -> str:
    (name,) = [face.stem for face in FACES.glob("*.jpg") if face.read_bytes() == picture]
    return name


def size(jpeg: bytes) -> tuple[int, int]:
    """Width and height from the baseline frame header (ITU-T T.81, B.2.2)."""
    at = jpeg.index(FRAME)
    height, width = struct.unpack_from(">HH", jpeg, at + 5)
    return width, height


@pytest.mark.parametrize("drawing", DRAWINGS, ids=lambda path: path.stem)
def test_each_drawing_has_its_picture_of_a_portrait_s_shape(drawing: Path) -> None:
    jpeg = drawing.with_suffix(".jpg").read_bytes()
    assert (jpeg[:3], jpeg[-2:]) == (JPEG_BEGINS, JPEG_ENDS)
    assert len(jpeg) < 10_000
    assert size(jpeg) == (240, 320)
    source = drawing.read_text(encoding="utf-8")
    assert 'width="240" height="320"' in source
    assert not re.search(r"<script|<image|href|url\(", source)


def test_there_is_no_picture_without_its_drawing() -> None:
    assert {path.stem for path in FACES.glob("*.jpg")} == {path.stem for path in DRAWINGS}
    kinds = {path.stem.rpartition("-")[0] for path in DRAWINGS}
    assert kinds == {
        f"{sex}-{age}" for sex in "fm" for age in ("child", "young", "middle", "senior")
    }


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        ("001190000001", "f-middle"),
        ("079200000002", "m-young"),
        ("048060000003", "m-senior"),
        ("048160000003", "f-senior"),
        ("001315000009", "f-child"),
        ("001215000009", "m-child"),
    ],
)
def test_a_number_tells_sex_and_age(number: str, kind: str) -> None:
    assert name_of(portrait(number)).rpartition("-")[0] == kind
    assert portrait(number) == portrait(number)


def test_people_of_one_kind_do_not_all_look_alike() -> None:
    assert len({portrait(f"0011900000{n:02}") for n in range(20)}) == 2


def test_every_citizen_of_the_demo_has_a_face() -> None:
    people = [json.loads(line) for line in PEOPLE.read_text(encoding="utf-8").splitlines()]
    for person in people:
        if person["kind"] == "citizen":
            assert name_of(portrait(person["number"])).startswith(person["sex"].lower())


@pytest.mark.parametrize("number", ["", "F00000001", "00119000000", "../../etc/passwd"])
def test_nobody_else_has_one(number: str) -> None:
    with pytest.raises(UnknownPerson):
        portrait(number)
