"""The last day printed on a chip card, read where it was printed."""

from datetime import datetime

from eid.domain.card import CardStatus, ChipCard
from eid.errors import CardExpired
from eid.vietnam.rules import local_day


def require_unexpired(card: ChipCard, now: datetime) -> None:
    """Return if the card's last day is not over, whether or not the sweep has come by to say so.

    Raises `CardExpired`.
    """
    if card.status is CardStatus.EXPIRED or card.is_expired(local_day(now)):
        raise CardExpired(f"last day {card.valid_until}")
