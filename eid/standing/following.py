"""What follows what: the one table of what else happens when an account is locked."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from eid.domain.account import LockGround
from eid.domain.card import CardStatus


@dataclass(frozen=True, slots=True)
class Follows:
    """What a ground does besides locking the account, its e-ID card, and ending its sessions.

    Attributes:
        chip_card: what becomes of the plastic; None: it stays as it is.
        revokes_certificates: whether the card's certificates are revoked.
        ends_with_new_card: whether the lock may be lifted only once another card is in force.
    """

    chip_card: CardStatus | None = None
    revokes_certificates: bool = False
    ends_with_new_card: bool = False


FOLLOWS: Final[Mapping[LockGround, Follows]] = MappingProxyType(
    {
        LockGround.HOLDER_ASKED: Follows(),
        LockGround.TERMS_BROKEN: Follows(),
        LockGround.CARD_REVOKED: Follows(
            chip_card=CardStatus.REVOKED, revokes_certificates=True, ends_with_new_card=True
        ),
        # Its certificates end with its last day by themselves.
        LockGround.CARD_EXPIRED: Follows(chip_card=CardStatus.EXPIRED, ends_with_new_card=True),
        LockGround.RESIDENCE_EXPIRED: Follows(),
        LockGround.HOLDER_DIED: Follows(),
        LockGround.AUTHORITY_ORDERED: Follows(),
    }
)
"""Decree 69/2024, Art. 15; Law on Identification, Art. 34."""
