"""Activating with the letter's code and a reading of the card's chip."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from builders import BROWSER, HOUR, NOW, make_visit
from chips_for_tests import Country, make_chip
from cryptography.hazmat.primitives.asymmetric import ec
from unit.activation.activation_world import (
    LINK,
    ORIGIN,
    POLICY,
    World,
    make_world,
)
from unit.good_cards import document_of, good_card, good_chip, home, run

from eid.domain.account import AccountStatus
from eid.domain.activation import CaseStatus
from eid.domain.audit import AccountActivated
from eid.domain.card import CardStatus, ElectronicCardStatus
from eid.domain.challenge import ChallengePurpose
from eid.domain.handles import digest
from eid.domain.holder import PersonName, Sex
from eid.domain.identifiers import PersonalNumber
from eid.errors import (
    BadCardAnswer,
    CardExpired,
    CardNotActive,
    CertificateRevoked,
    ChallengeExpired,
    ChallengeSpent,
    ChipNotGenuine,
    CodeNeeded,
    DocumentUntrusted,
    EidError,
    WrongHolder,
)
from eid.proofs.challenges import bound_to_pending, issue_challenge
from eid.vietnam.mrz_profile import build_mrz

OTHER_KEY = ec.generate_private_key(ec.SECP256R1())
CHIP = "card_chip"


@pytest.fixture
def world() -> World:
    return make_world()


def asked(world: World) -> str:
    """A nonce, after the code was accepted."""
    world.accept()
    return world.ask()


def test_code_and_chip_make_all_go_live(world: World) -> None:
    assert world.read().step == "done"
    assert world.account().status is AccountStatus.ACTIVE
    assert world.card().status is CardStatus.ACTIVE
    assert world.case().status is CaseStatus.DONE
    assert world.electronic_card().status is ElectronicCardStatus.ACTIVE
    (told,) = [event for event in world.store.events if isinstance(event, AccountActivated)]
    assert told.proof == CHIP


def test_the_key_that_signs_is_told_apart_in_the_trail(world: World) -> None:
    world.activate()
    (told,) = [event for event in world.store.events if isinstance(event, AccountActivated)]
    assert told.proof == "card_signature"


@pytest.mark.parametrize(
    ("wish", "method", "other"),
    [
        ("", "card_signature", CHIP),
        (CHIP, CHIP, "card_signature"),
        ("card_certificate", "card_signature", CHIP),
        ("nonsense", "card_signature", CHIP),
    ],
)
def test_either_may_be_wished_for(world: World, wish: str, method: str, other: str) -> None:
    world.accept()
    told = run(world.activation.ask(make_visit(), LINK, BROWSER, wish))
    assert (told.method, told.others) == (method, (other,))


def without_the_code(world: World) -> None:
    world.prove("A" * 43 + "=", good_chip().reading(ORIGIN, "A" * 43 + "="), method=CHIP)


def for_another_origin(world: World) -> None:
    world.read(origin="https://eid.examp1e")


def for_another_nonce(world: World) -> None:
    nonce = asked(world)
    world.prove(nonce, good_chip().reading(ORIGIN, world.ask()), method=CHIP)


def read_twice(world: World) -> None:
    nonce = asked(world)
    body = good_chip().reading(ORIGIN, nonce)
    with pytest.raises(BadCardAnswer):
        world.prove(nonce, b"{", method=CHIP)
    world.store.events.clear()
    world.prove(nonce, body, method=CHIP)


def for_a_sign_in(world: World) -> None:
    world.accept()
    bound_to = bound_to_pending(digest("request"), digest(BROWSER))
    challenge = issue_challenge(ChallengePurpose.LOGIN, ORIGIN, bound_to, NOW, HOUR)
    world.store.tables.challenges[challenge.nonce] = challenge
    world.prove(challenge.nonce, good_chip().reading(ORIGIN, challenge.nonce), method=CHIP)


def too_late(world: World) -> None:
    nonce = asked(world)
    late = NOW + POLICY.challenge_lifetime
    world.prove(nonce, good_chip().reading(ORIGIN, nonce), at=late, method=CHIP)


def by_a_copy(world: World) -> None:
    world.read(replace(good_chip(), key=OTHER_KEY))


def signed_by_an_unknown_authority(world: World) -> None:
    world.read(make_chip(Country("VN").signer()))


def that_the_register_does_not_know(world: World) -> None:
    world.read(make_chip(home().signer()))


def of_a_card_with_a_withdrawn_certificate(world: World) -> None:
    world.store.tables.revoked[1001] = (NOW, "keyCompromise")
    world.read()


def with_a_card_answer(world: World) -> None:
    nonce = asked(world)
    world.prove(nonce, good_card().answer(ORIGIN, nonce), method=CHIP)


def with_a_reading_as_a_card_answer(world: World) -> None:
    nonce = asked(world)
    world.prove(nonce, good_chip().reading(ORIGIN, nonce), method="card_signature")


def by_tls(world: World) -> None:
    nonce = asked(world)
    world.prove(nonce, good_chip().reading(ORIGIN, nonce), method="card_certificate")


CHANGES: list[tuple[Callable[[World], None], type[EidError]]] = [
    (without_the_code, CodeNeeded),
    (for_another_origin, ChipNotGenuine),
    (for_another_nonce, ChipNotGenuine),
    (read_twice, ChallengeSpent),
    (for_a_sign_in, ChallengeSpent),
    (too_late, ChallengeExpired),
    (by_a_copy, ChipNotGenuine),
    (signed_by_an_unknown_authority, DocumentUntrusted),
    (that_the_register_does_not_know, CertificateRevoked),
    (of_a_card_with_a_withdrawn_certificate, CertificateRevoked),
    (with_a_card_answer, BadCardAnswer),
    (with_a_reading_as_a_card_answer, BadCardAnswer),
    (by_tls, BadCardAnswer),
]


@pytest.mark.parametrize(("change", "error"), CHANGES)
def test_one_change_to_a_good_reading_activates_nothing__CV_01__CV_30(
    world: World, change: Callable[[World], None], error: type[EidError]
) -> None:
    with pytest.raises(error) as refused:
        change(world)
    assert type(refused.value) is error
    assert world.refusals()[-1] == error.code
    assert world.account().status is AccountStatus.NOTIFIED
    assert world.card().status is CardStatus.PERSONALISED


STANDINGS: list[tuple[dict[str, Any], type[EidError]]] = [
    ({"holder": {"number": PersonalNumber("001190000002")}}, WrongHolder),
    ({"card": {"valid_until": (NOW - 48 * HOUR).date()}}, CardExpired),
]


@pytest.mark.parametrize(("changes", "error"), STANDINGS)
def test_the_chip_must_be_the_holder_s_own_and_in_force__AC_18(
    changes: dict[str, Any], error: type[EidError]
) -> None:
    world = make_world(**changes)
    with pytest.raises(error):
        world.read()
    assert world.account().status is AccountStatus.NOTIFIED


def test_a_card_that_is_held_meanwhile_activates_nothing(world: World) -> None:
    nonce = asked(world)
    card = world.card()
    world.store.tables.cards[card.id] = replace(card, status=CardStatus.SUSPENDED)
    with pytest.raises(CardNotActive):
        world.prove(nonce, good_chip().reading(ORIGIN, nonce), method=CHIP)
    assert world.account().status is AccountStatus.NOTIFIED


def test_another_s_chip_is_refused_though_it_is_genuine__AC_18(world: World) -> None:
    """Whatever the register says: the document itself names its holder."""
    name = PersonName("Trần Văn Mẫu", "TRAN VAN MAU")
    number = PersonalNumber("001090000002")
    zone = build_mrz(number, name, date(1990, 1, 15), Sex.MALE, date(2030, 1, 15))
    chip = make_chip(home().signer(), zone=zone)
    document = document_of(chip)
    world.store.tables.documents[document.fingerprint] = (world.card().id, document)
    with pytest.raises(WrongHolder):
        world.read(chip)
    assert world.account().status is AccountStatus.NOTIFIED


def test_the_challenge_is_spent_before_the_reading_is_read__CV_01(world: World) -> None:
    nonce = asked(world)
    with pytest.raises(BadCardAnswer):
        world.prove(nonce, b"", method=CHIP)
    assert world.is_spent(nonce)
