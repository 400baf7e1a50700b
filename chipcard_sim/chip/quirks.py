"""How cards in the field depart from the standards, on demand."""

from enum import StrEnum


class Quirk(StrEnum):
    """A way to depart. The card keeps to the standards unless it is opened with one of these."""

    # Vietnamese cards since 2021, as public readers report them: 6D00 to SELECT of the master
    # file, and a card access number that is the last six digits of the personal number.
    VN = "vn"
