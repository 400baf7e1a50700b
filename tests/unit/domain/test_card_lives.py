from datetime import date, timedelta
from itertools import product

import pytest
from builders import make_card, make_case

from eid.domain.activation import CASE_MOVES, CaseStatus
from eid.domain.card import CARD_MOVES, CardStatus
from eid.errors import IllegalMove

CARD_EDGES = {
    ("ordered", "personalised"),
    ("ordered", "revoked"),
    ("personalised", "active"),
    ("personalised", "revoked"),
    ("personalised", "expired"),
    ("active", "suspended"),
    ("active", "revoked"),
    ("active", "expired"),
    ("suspended", "active"),
    ("suspended", "revoked"),
    ("suspended", "expired"),
}
CASE_EDGES = {
    ("open", "code_accepted"),
    ("open", "assisted"),
    ("open", "done"),
    ("code_accepted", "code_accepted"),
    ("code_accepted", "assisted"),
    ("code_accepted", "done"),
    ("assisted", "open"),
    ("assisted", "done"),
}


@pytest.mark.parametrize(("before", "after"), list(product(CardStatus, repeat=2)))
def test_a_card_moves_along_its_edges_alone(before: CardStatus, after: CardStatus) -> None:
    card = make_card(status=before)
    if (before, after) in CARD_EDGES:
        assert card.to(after) == make_card(status=after)
        return
    with pytest.raises(IllegalMove):
        card.to(after)


@pytest.mark.parametrize(("before", "after"), list(product(CaseStatus, repeat=2)))
def test_a_case_moves_along_its_edges_alone__AC_01(before: CaseStatus, after: CaseStatus) -> None:
    case = make_case(status=before)
    if (before, after) in CASE_EDGES:
        assert case.to(after) == make_case(status=after)
        return
    with pytest.raises(IllegalMove):
        case.to(after)


def test_every_status_has_its_moves_written_down() -> None:
    assert CARD_MOVES.keys() == set(CardStatus)
    assert CASE_MOVES.keys() == set(CaseStatus)


def test_a_card_is_good_through_the_day_that_is_printed_on_it() -> None:
    last = date(2030, 1, 15)
    card = make_card(valid_until=last)
    assert not card.is_expired(last)
    assert card.is_expired(last + timedelta(days=1))


def test_a_card_without_a_printed_end_does_not_expire() -> None:
    assert not make_card(valid_until=None).is_expired(date.max)
