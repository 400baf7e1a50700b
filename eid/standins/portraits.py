"""Portraits of invented people: drawings, chosen by what the personal number tells."""

from hashlib import sha256
from importlib.resources import files
from typing import Final

from eid.errors import BadNumber, UnknownPerson
from eid.vietnam import personal_number

_FACES: Final = files("eid.standins.faces")
# The first birth year of each age. Fixed years, and no clock: the same number, the same face.
_AGES: Final = ((2012, "child"), (1996, "young"), (1970, "middle"), (0, "senior"))


class DrawnPortraits:
    """The portraits' port over a few drawings."""

    async def of(self, number: str) -> bytes:
        """The drawing of sex and age that a personal number tells, always the same one.

        Raises:
            UnknownPerson: it is no personal number.
        """
        try:
            parsed = personal_number.parse(number)
        except BadNumber as error:
            raise UnknownPerson("no portrait under this number") from error
        born = personal_number.birth_year(parsed)
        age = next(age for first, age in _AGES if born >= first)
        # The fourth digit is even for men and odd for women.
        kind = f"{'f' if int(parsed[3]) % 2 else 'm'}-{age}-"
        drawn = sorted(
            face.name
            for face in _FACES.iterdir()
            if face.name.startswith(kind) and face.name.endswith(".jpg")
        )
        chosen = sha256(number.encode()).digest()[0] % len(drawn)
        return _FACES.joinpath(drawn[chosen]).read_bytes()
