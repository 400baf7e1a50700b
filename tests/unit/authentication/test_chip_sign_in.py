"""Signing in by the chip itself: document and chip proved, level 1 and no more."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from builders import BROWSER, HOUR, NOW, make_card, make_visit
from chips_for_tests import ZONE, Country, SoftChip, make_chip
from cryptography.hazmat.primitives.asymmetric import ec
from interleaving import interleaved
from unit.authentication.login_world import (
    ORIGIN,
    POLICY,
    World,
    make_world,
)
from unit.good_cards import document_of, good_card, good_chip, home, run, trust

from eid.authentication.login import Login
from eid.domain.account import AccountStatus, Lock, LockGround
from eid.domain.assurance import CARD_CHIP, AuthenticationLevel
from eid.domain.audit import LoggedIn, LoginRefused
from eid.domain.card import CardStatus
from eid.domain.challenge import ChallengeAnswer
from eid.domain.handles import digest
from eid.domain.identifiers import PersonalNumber
from eid.errors import (
    AccountLocked,
    AccountNotActive,
    BadCardAnswer,
    BadChipData,
    CardExpired,
    CardNotActive,
    CertificateRevoked,
    CertificateUntrusted,
    ChallengeExpired,
    ChallengeSpent,
    ChipNotGenuine,
    DocumentAltered,
    DocumentExpired,
    DocumentUntrusted,
    EidError,
    LevelTooLow,
)

LOCK = Lock(LockGround.HOLDER_ASKED, "holder", NOW - HOUR)
EASY = "request-of-an-agency-that-level-1-is-enough-for"
VICTIM = "browser of somebody else"
OTHER_KEY = ec.generate_private_key(ec.SECP256R1())


def with_easy_request(world: World) -> World:
    world.add_pending(EASY, wanted=AuthenticationLevel.LEVEL_1)
    return world


@pytest.fixture
def world() -> World:
    return with_easy_request(make_world())


def read_in(world: World, chip: SoftChip | None = None, **knobs: Any) -> Any:
    """Begin, read the chip, and bring the reading."""
    nonce = world.begin(EASY)
    body = (chip or good_chip()).reading(knobs.pop("origin", ORIGIN), knobs.pop("signed", nonce))
    return world.read(body, nonce, pending=EASY, **knobs)


def refusals(world: World) -> list[tuple[str, str]]:
    events = [event for event in world.store.events if isinstance(event, LoginRefused)]
    return [(event.method, event.reason) for event in events]


def test_card_chip_signs_in_at_level_1(world: World) -> None:
    signed_in = read_in(world)
    session = signed_in.session
    assert session.level() is AuthenticationLevel.LEVEL_1
    assert session.amr() == ("hwk",)
    assert [event.method for event in session.events] == [CARD_CHIP]
    (told,) = [event for event in world.store.events if isinstance(event, LoggedIn)]
    assert (told.method, told.level) == ("card_chip", 1)
    assert world.live(signed_in.handle) == session


# Where it is offered


def test_it_is_offered_where_level_1_is_enough(world: World) -> None:
    asked = world.begin_by("", EASY)
    assert (asked.method, asked.others) == ("card_signature", ("card_certificate", "card_chip"))
    asked = world.begin_by("card_chip", EASY)
    assert (asked.method, asked.others) == ("card_chip", ("card_signature", "card_certificate"))


def test_it_is_not_offered_where_it_is_not_enough(world: World) -> None:
    asked = world.begin_by("card_chip")
    assert asked.method == "card_signature"
    assert "card_chip" not in asked.others


def test_a_forged_form_does_not_make_it_enough(world: World) -> None:
    nonce = world.begin()
    with pytest.raises(LevelTooLow):
        world.read(good_chip().reading(ORIGIN, nonce), nonce)
    assert refusals(world) == [("card_chip", "level_too_low")]
    assert world.is_spent(nonce)
    assert "LoggedIn" not in world.store.event_names()


# One change to a good reading


def read_twice(world: World) -> None:
    nonce = world.begin(EASY)
    body = good_chip().reading(ORIGIN, nonce)
    world.read(body, nonce, pending=EASY)
    world.store.events.clear()
    world.read(body, nonce, pending=EASY)


def for_another_origin(world: World) -> None:
    read_in(world, origin="https://eid.examp1e")


def for_another_nonce(world: World) -> None:
    read_in(world, signed=world.begin(EASY))


def with_the_challenge_of_another_browser(world: World) -> None:
    world.add_pending("other", browser_hash=digest(VICTIM))
    nonce = world.begin("other", VICTIM)
    world.read(good_chip().reading(ORIGIN, nonce), nonce, pending=EASY)


def too_late(world: World) -> None:
    read_in(world, at=NOW + POLICY.challenge_lifetime)


def by_a_copy(world: World) -> None:
    """All files of the card, and another chip's key."""
    read_in(world, replace(good_chip(), key=OTHER_KEY))


def with_another_holder_s_zone(world: World) -> None:
    other = make_chip(home().signer(), zone=ZONE_OF_ANOTHER)
    read_in(world, replace(good_chip(), files={**good_chip().files, 1: other.files[1]}))


def signed_by_another_country(world: World) -> None:
    read_in(world, make_chip(Country("DE").signer()))


def signed_by_an_unknown_authority(world: World) -> None:
    read_in(world, make_chip(Country("VN").signer()))


def that_the_register_does_not_know(world: World) -> None:
    read_in(world, make_chip(home().signer()))


def of_a_card_with_a_withdrawn_certificate(world: World) -> None:
    world.store.tables.revoked[1001] = (NOW, "keyCompromise")
    read_in(world)


def past_its_last_day(world: World) -> None:
    late = NOW + timedelta(days=5 * 365)
    chip = make_chip(home().signer(end=late + 24 * HOUR))
    document = document_of(chip)
    world.store.tables.documents[document.fingerprint] = (make_card().id, document)
    world.add_pending("late", wanted=AuthenticationLevel.LEVEL_1, expires_at=late + HOUR)
    nonce = world.begin("late", at=late)
    world.read(chip.reading(ORIGIN, nonce), nonce, pending="late", at=late)


def with_a_card_answer_for_a_reading(world: World) -> None:
    nonce = world.begin(EASY)
    world.read(good_card().answer(ORIGIN, nonce), nonce, pending=EASY)


def with_no_reading(world: World) -> None:
    world.read(b"", world.begin(EASY), pending=EASY)


def with_a_broken_security_object(world: World) -> None:
    read_in(world, replace(good_chip(), sod=good_chip().sod[4:]))


ZONE_OF_ANOTHER = (ZONE[0], ZONE[1], "TRAN<<VAN<MAU<<<<<<<<<<<<<<<<<")

CHANGES: list[tuple[Callable[[World], None], type[EidError]]] = [
    (read_twice, ChallengeSpent),
    (for_another_origin, ChipNotGenuine),
    (for_another_nonce, ChipNotGenuine),
    (with_the_challenge_of_another_browser, ChallengeSpent),
    (too_late, ChallengeExpired),
    (by_a_copy, ChipNotGenuine),
    (with_another_holder_s_zone, DocumentAltered),
    (signed_by_another_country, DocumentUntrusted),
    (signed_by_an_unknown_authority, DocumentUntrusted),
    (that_the_register_does_not_know, CertificateRevoked),
    (of_a_card_with_a_withdrawn_certificate, CertificateRevoked),
    (past_its_last_day, DocumentExpired),
    (with_a_card_answer_for_a_reading, BadCardAnswer),
    (with_no_reading, BadCardAnswer),
    (with_a_broken_security_object, BadChipData),
]


@pytest.mark.parametrize(("change", "error"), CHANGES)
def test_one_change_to_a_good_reading_is_refused_and_kept__CV_01__CV_30__CV_54(
    world: World, change: Callable[[World], None], error: type[EidError]
) -> None:
    with pytest.raises(error) as refused:
        change(world)
    assert type(refused.value) is error
    assert refusals(world) == [("card_chip", error.code)]
    assert "LoggedIn" not in world.store.event_names()


STANDINGS: list[tuple[dict[str, Any], type[EidError]]] = [
    ({"account": {"status": AccountStatus.LOCKED, "locks": (LOCK,)}}, AccountLocked),
    ({"account": {"status": AccountStatus.NOTIFIED}}, AccountNotActive),
    ({"card": {"status": CardStatus.SUSPENDED}}, CardNotActive),
    ({"card": {"status": CardStatus.PERSONALISED}}, CardNotActive),
    ({"card": {"status": CardStatus.EXPIRED}}, CardExpired),
    ({"card": {"valid_until": (NOW - 48 * HOUR).date()}}, CardExpired),
    ({"holder": {"number": PersonalNumber("001190000002")}}, CertificateUntrusted),
]


@pytest.mark.parametrize(("changes", "error"), STANDINGS)
def test_a_chip_whose_card_or_account_does_not_stand_signs_nobody_in__AC_18(
    changes: dict[str, Any], error: type[EidError]
) -> None:
    world = with_easy_request(make_world(**changes))
    with pytest.raises(error):
        read_in(world)
    assert refusals(world) == [("card_chip", error.code)]


def test_parallel_readings_are_one_sign_in__CV_03(world: World) -> None:
    world.login = Login(interleaved(world.store), trust(), POLICY)
    nonce = world.begin(EASY)
    said = ChallengeAnswer(CARD_CHIP.name, nonce, good_chip().reading(ORIGIN, nonce))

    async def many() -> list[object]:
        tries = [world.login.answer(make_visit(), EASY, BROWSER, said, None) for _ in range(20)]
        return list(await asyncio.gather(*tries, return_exceptions=True))

    results = run(many())
    assert sum(not isinstance(one, Exception) for one in results) == 1


def test_the_challenge_is_spent_before_the_reading_is_read__CV_01(world: World) -> None:
    nonce = world.begin(EASY)
    with pytest.raises(BadCardAnswer):
        world.read(b"{", nonce, pending=EASY)
    assert world.is_spent(nonce)


def test_a_session_by_chip_does_not_do_for_more(world: World) -> None:
    """The ladder asks again where more is wanted: the session at level 1 does not count."""
    before = read_in(world)
    after = world.sign_in(session=before.handle)
    assert after.session.level() is AuthenticationLevel.LEVEL_2
    assert after.session.amr() == ("sc", "pin")
    assert world.live(before.handle) is None
