"""Signing in with the card's certificate: shown at the door, handed over, taken once."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from builders import BROWSER, HOUR, NOW, SESSION, make_visit
from interleaving import interleaved
from unit.authentication.login_world import (
    ORIGIN,
    PENDING,
    POLICY,
    World,
    make_world,
)
from unit.good_cards import good_card, pki, run, trust

from eid.authentication.login import Login
from eid.domain.account import AccountStatus, Lock, LockGround
from eid.domain.assurance import CARD_CERTIFICATE, AuthenticationLevel
from eid.domain.audit import LoggedIn, LoginRefused
from eid.domain.card import CardStatus
from eid.domain.challenge import ChallengeAnswer, ChallengePurpose
from eid.domain.handles import digest
from eid.domain.identifiers import PersonalNumber
from eid.errors import (
    AccountLocked,
    AccountNotActive,
    BadCardAnswer,
    CardExpired,
    CardNotActive,
    CertificateMissing,
    CertificateRevoked,
    CertificateUntrusted,
    ChallengeExpired,
    ChallengeSpent,
    EidError,
    LevelTooLow,
    UnknownPending,
)
from eid.proofs.challenges import bound_to_pending, issue_challenge
from eid.proofs.client_certificate import LIFETIME

LOCK = Lock(LockGround.HOLDER_ASKED, "holder", NOW - HOUR)
SECOND = timedelta(seconds=1)
VICTIM = "browser of somebody else"


@pytest.fixture
def world() -> World:
    return make_world()


def refusals(world: World) -> list[tuple[str, str]]:
    events = [event for event in world.store.events if isinstance(event, LoginRefused)]
    return [(event.method, event.reason) for event in events]


def test_card_certificate_signs_in_at_level_2_like_the_reader_does(world: World) -> None:
    signed_in = world.sign_in_by_certificate()
    session = signed_in.session
    assert session.level() is AuthenticationLevel.LEVEL_2
    assert session.amr() == ("sc", "pin")
    assert [event.method for event in session.events] == [CARD_CERTIFICATE]
    (told,) = [event for event in world.store.events if isinstance(event, LoggedIn)]
    assert (told.method, told.level) == ("card_certificate", 2)
    assert world.live(signed_in.handle) == session  # read back with its method


def test_a_new_session_ends_the_one_that_was_here__SS_02__SS_09(world: World) -> None:
    before = world.sign_in()
    after = world.sign_in_by_certificate(session=before.handle)
    assert world.live(before.handle) is None
    assert world.live(after.handle) is not None
    assert before.session.id != after.session.id


# One change to a good sign-in


def with_a_handover_that_comes_twice(world: World) -> None:
    nonce = world.begin()
    handover = world.show(good_card(), nonce)
    world.hand_in(handover, nonce)
    world.store.events.clear()
    world.hand_in(handover, nonce)


def with_a_fresh_handover_of_a_spent_challenge(world: World) -> None:
    nonce = world.begin()
    world.hand_in(world.show(good_card(), nonce), nonce)
    world.store.events.clear()
    world.hand_in(world.show(good_card(), nonce), nonce)


def with_a_challenge_that_the_reader_answered(world: World) -> None:
    nonce = world.begin()
    world.answer(good_card().answer(ORIGIN, nonce), nonce)
    world.store.events.clear()
    world.hand_in(world.show(good_card(), nonce), nonce)


def with_another_nonce_of_this_browser(world: World) -> None:
    nonce, other = world.begin(), world.begin()
    world.hand_in(world.show(good_card(), nonce), other)


def with_a_handover_for_another_request_of_this_browser(world: World) -> None:
    world.add_pending("other")
    nonce = world.begin()
    world.hand_in(world.show(good_card(), nonce, "other"), nonce)


def with_the_challenge_of_another_request(world: World) -> None:
    world.add_pending("other")
    nonce = world.begin("other")
    world.hand_in(world.show(good_card(), nonce), nonce)


def with_the_challenge_of_another_browser(world: World) -> None:
    world.add_pending("other", browser_hash=digest(VICTIM))
    nonce = world.begin("other", VICTIM)
    world.hand_in(world.show(good_card(), nonce), nonce)


def too_long_under_way(world: World) -> None:
    nonce = world.begin()
    world.hand_in(world.show(good_card(), nonce), nonce, at=NOW + LIFETIME)


def after_the_challenge(world: World) -> None:
    nonce = world.begin()
    late = NOW + POLICY.challenge_lifetime
    world.hand_in(world.show(good_card(), nonce, at=late - SECOND), nonce, at=late)


def with_no_certificate(world: World) -> None:
    nonce = world.begin()
    world.hand_in(world.show(None, nonce), nonce)


def with_no_handover(world: World) -> None:
    world.hand_in(b"", world.begin())


def with_a_card_answer_for_a_handover(world: World) -> None:
    nonce = world.begin()
    world.hand_in(good_card().answer(ORIGIN, nonce), nonce)


def with_a_handover_for_a_card_answer(world: World) -> None:
    nonce = world.begin()
    world.answer(world.show(good_card(), nonce), nonce)


def with_another_ca(world: World) -> None:
    world.sign_in_by_certificate(pki().card(issuer=pki().authority_under(pki().root)))


def with_the_signature_key(world: World) -> None:
    world.sign_in_by_certificate(pki().signature_card())


def with_a_certificate_that_the_register_does_not_know(world: World) -> None:
    world.sign_in_by_certificate(pki().card())


def with_revoked_certificate(world: World) -> None:
    world.store.tables.revoked[1001] = (NOW, "keyCompromise")
    world.sign_in_by_certificate()


CHANGES: list[tuple[Callable[[World], None], type[EidError]]] = [
    (with_a_handover_that_comes_twice, ChallengeSpent),
    (with_a_fresh_handover_of_a_spent_challenge, ChallengeSpent),
    (with_a_challenge_that_the_reader_answered, ChallengeSpent),
    (with_another_nonce_of_this_browser, BadCardAnswer),
    (with_a_handover_for_another_request_of_this_browser, BadCardAnswer),
    (with_the_challenge_of_another_request, ChallengeSpent),
    (with_the_challenge_of_another_browser, ChallengeSpent),
    (too_long_under_way, ChallengeExpired),
    (after_the_challenge, ChallengeExpired),
    (with_no_certificate, CertificateMissing),
    (with_no_handover, BadCardAnswer),
    (with_a_card_answer_for_a_handover, BadCardAnswer),
    (with_another_ca, CertificateUntrusted),
    (with_the_signature_key, CertificateUntrusted),
    (with_a_certificate_that_the_register_does_not_know, CertificateRevoked),
    (with_revoked_certificate, CertificateRevoked),
]


@pytest.mark.parametrize(("change", "error"), CHANGES)
def test_one_change_to_a_good_sign_in_by_certificate_is_refused_and_kept__CV_01(
    world: World, change: Callable[[World], None], error: type[EidError]
) -> None:
    with pytest.raises(error) as refused:
        change(world)
    assert type(refused.value) is error
    assert refusals(world) == [("card_certificate", error.code)]
    assert "LoggedIn" not in world.store.event_names()


def test_a_handover_is_no_card_answer(world: World) -> None:
    with pytest.raises(BadCardAnswer):
        with_a_handover_for_a_card_answer(world)
    assert refusals(world) == [("card_signature", "bad_card_answer")]


STANDINGS: list[tuple[dict[str, Any], type[EidError]]] = [
    ({"account": {"status": AccountStatus.LOCKED, "locks": (LOCK,)}}, AccountLocked),
    ({"account": {"status": AccountStatus.NOTIFIED}}, AccountNotActive),
    ({"account": {"status": AccountStatus.CLOSED}}, AccountNotActive),
    ({"card": {"status": CardStatus.SUSPENDED}}, CardNotActive),
    ({"card": {"status": CardStatus.EXPIRED}}, CardExpired),
    ({"card": {"valid_until": (NOW - 48 * HOUR).date()}}, CardExpired),
    ({"holder": {"number": PersonalNumber("001190000002")}}, CertificateUntrusted),
]


@pytest.mark.parametrize(("changes", "error"), STANDINGS)
def test_a_card_or_account_that_does_not_stand_signs_nobody_in__AC_18(
    changes: dict[str, Any], error: type[EidError]
) -> None:
    world = make_world(**changes)
    with pytest.raises(error):
        world.sign_in_by_certificate()
    assert refusals(world) == [("card_certificate", error.code)]


# Whoever began it finishes it


def test_a_link_that_was_sent_to_somebody_signs_nobody_in__SS_08__L_42(world: World) -> None:
    """The attacker's link: the victim's card is shown, and ends in the victim's browser."""
    nonce = world.begin()
    handover = world.show(good_card(), nonce)
    with pytest.raises(UnknownPending):
        world.hand_in(handover, nonce, browser=VICTIM)
    assert not world.is_spent(nonce)
    assert "LoggedIn" not in world.store.event_names()


def test_nobody_is_put_into_an_attackers_account__SS_08(world: World) -> None:
    """The attacker's own handover, pasted before the victim's waiting request."""
    world.add_pending("victims", browser_hash=digest(VICTIM))
    nonce = world.begin()
    handover = world.show(good_card(), nonce)
    with pytest.raises(ChallengeSpent):
        world.hand_in(handover, nonce, pending="victims", browser=VICTIM)
    theirs = world.begin("victims", VICTIM)
    with pytest.raises(BadCardAnswer):
        world.hand_in(handover, theirs, pending="victims", browser=VICTIM)
    assert "LoggedIn" not in world.store.event_names()


def test_the_challenge_is_spent_before_the_seal_is_looked_at__CV_01(world: World) -> None:
    nonce = world.begin()
    with pytest.raises(BadCardAnswer):
        world.hand_in(b"not even sealed", nonce)
    assert world.is_spent(nonce)
    with pytest.raises(ChallengeSpent):
        world.hand_in(world.show(good_card(), nonce), nonce)


def test_parallel_handovers_are_one_sign_in__CV_03(world: World) -> None:
    world.login = Login(interleaved(world.store), trust(), POLICY)
    nonce = world.begin()
    said = ChallengeAnswer(CARD_CERTIFICATE.name, nonce, world.show(good_card(), nonce))

    async def many() -> list[object]:
        tries = [world.login.answer(make_visit(), PENDING, BROWSER, said, None) for _ in range(20)]
        return list(await asyncio.gather(*tries, return_exceptions=True))

    results = run(many())
    assert sum(not isinstance(one, Exception) for one in results) == 1
    assert sum(isinstance(one, ChallengeSpent) for one in results) == 19


# Where no certificates are asked for


def test_without_a_door_nobody_is_offered_it_and_nothing_is_believed(world: World) -> None:
    nonce = world.begin()
    handover = world.show(good_card(), nonce)
    closed = Login(world.store, trust(), replace(POLICY, handover=None))
    asked = run(closed.begin(make_visit(), PENDING, BROWSER, "card_certificate"))
    assert (asked.method, asked.others) == ("card_signature", ())
    world.login = closed
    with pytest.raises(BadCardAnswer):
        world.hand_in(handover, nonce)
    assert world.is_spent(nonce)


@pytest.mark.parametrize(
    ("wish", "method", "others"),
    [
        ("", "card_signature", "card_certificate"),
        ("card_signature", "card_signature", "card_certificate"),
        ("card_certificate", "card_certificate", "card_signature"),
        ("../../etc/passwd", "card_signature", "card_certificate"),
    ],
)
def test_a_person_may_wish_for_what_reaches_the_level(
    world: World, wish: str, method: str, others: str
) -> None:
    asked = run(world.login.begin(make_visit(), PENDING, BROWSER, wish))
    assert asked.method == method
    assert asked.others == (others,)


@pytest.mark.parametrize("method", ["", "password", "CARD_SIGNATURE", "card_signature\n"])
def test_an_answer_by_no_method_of_ours_is_refused_and_not_quoted__AU_06(
    world: World, method: str
) -> None:
    nonce = world.begin()
    said = ChallengeAnswer(method, nonce, good_card().answer(ORIGIN, nonce))
    with pytest.raises(BadCardAnswer):
        run(world.login.answer(make_visit(), PENDING, BROWSER, said, SESSION))
    assert refusals(world) == [("none", "bad_card_answer")]
    assert world.is_spent(nonce)


def test_a_factor_that_is_not_enough_opens_no_session(world: World) -> None:
    """Whatever a form says: what the request waits for decides."""
    world.add_pending("higher", wanted=AuthenticationLevel.LEVEL_3)
    bound_to = bound_to_pending(digest("higher"), digest(BROWSER))
    challenge = issue_challenge(ChallengePurpose.LOGIN, ORIGIN, bound_to, NOW, HOUR)
    world.store.tables.challenges[challenge.nonce] = challenge
    with pytest.raises(LevelTooLow):
        world.answer(good_card().answer(ORIGIN, challenge.nonce), challenge.nonce, pending="higher")
    assert refusals(world) == [("card_signature", "level_too_low")]
    assert world.is_spent(challenge.nonce)
