import asyncio
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from builders import (
    BROWSER,
    HOUR,
    NOW,
    SESSION,
    make_visit,
)
from interleaving import interleaved
from pki_for_tests import END, SoftCard
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
from eid.domain.assurance import CARD_SIGNATURE
from eid.domain.audit import LoginRefused
from eid.domain.card import CardStatus
from eid.domain.challenge import ChallengeAnswer, ChallengePurpose
from eid.domain.changes import MoveAccount
from eid.domain.handles import digest
from eid.domain.identifiers import CaseId, PersonalNumber
from eid.errors import (
    AccountLocked,
    AccountNotActive,
    BadCardAnswer,
    CardExpired,
    CardNotActive,
    CertificateExpired,
    CertificateRevoked,
    CertificateUntrusted,
    ChallengeExpired,
    ChallengeSpent,
    Conflict,
    EidError,
    SignatureWrong,
)
from eid.proofs.challenges import bound_to_case, issue_challenge

LOCK = Lock(LockGround.HOLDER_ASKED, "holder", NOW - HOUR)
SECOND = timedelta(seconds=1)


@pytest.fixture
def world() -> World:
    return make_world()


def refusals(world: World) -> list[str]:
    return [event.reason for event in world.store.events if isinstance(event, LoginRefused)]


# One change to a good sign-in


def with_other_origin(world: World) -> None:
    nonce = world.begin()
    world.answer(good_card().answer("https://eid.examp1e", nonce), nonce)


def with_spent_challenge(world: World) -> None:
    nonce = world.begin()
    body = good_card().answer(ORIGIN, nonce)
    world.answer(body, nonce)
    world.store.events.clear()
    world.answer(body, nonce)


def with_a_twin_of_the_spent_answer(world: World) -> None:
    nonce = world.begin()
    world.answer(good_card().answer(ORIGIN, nonce), nonce)
    world.store.events.clear()
    world.answer(good_card().answer(ORIGIN, nonce, twist=_twin), nonce)


def _twin(card: SoftCard, r: int, s: int) -> bytes:
    return card.raw(r, card.order() - s)


def with_challenge_of_another_request(world: World) -> None:
    world.add_pending("other")
    nonce = world.begin("other")
    world.answer(good_card().answer(ORIGIN, nonce), nonce)


def with_challenge_of_another_browser(world: World) -> None:
    world.add_pending("other", browser_hash=digest("other browser"))
    nonce = world.begin("other", "other browser")
    world.answer(good_card().answer(ORIGIN, nonce), nonce)


def with_challenge_of_an_activation(world: World) -> None:
    bound_to = bound_to_case(CaseId(b"c" * 16), digest(BROWSER))
    challenge = issue_challenge(ChallengePurpose.ACTIVATION, ORIGIN, bound_to, NOW, 2 * HOUR)
    world.store.tables.challenges[challenge.nonce] = challenge
    world.answer(good_card().answer(ORIGIN, challenge.nonce), challenge.nonce)


def with_another_nonce(world: World) -> None:
    nonce, signed = world.begin(), world.begin()
    world.answer(good_card().answer(ORIGIN, signed), nonce)


def with_no_nonce(world: World) -> None:
    nonce = world.begin()
    world.answer(good_card().answer(ORIGIN, nonce), "")


def with_a_nul_in_the_nonce(world: World) -> None:
    nonce = world.begin()
    world.answer(good_card().answer(ORIGIN, nonce), nonce[:-2] + "\x00=")


def too_late(world: World) -> None:
    nonce = world.begin()
    world.answer(good_card().answer(ORIGIN, nonce), nonce, at=NOW + POLICY.challenge_lifetime)


def with_certificate_from_other_ca(world: World) -> None:
    world.sign_in(pki().card(issuer=pki().authority_under(pki().root)))


def with_a_certificate_that_the_register_does_not_know(world: World) -> None:
    world.sign_in(pki().card())


def with_the_signature_key(world: World) -> None:
    world.sign_in(pki().signature_card())


def with_algorithm_none(world: World) -> None:
    nonce = world.begin()
    world.answer(good_card().answer(ORIGIN, nonce, algorithm="none"), nonce)


def with_es384_on_p256(world: World) -> None:
    nonce = world.begin()
    world.answer(good_card().answer(ORIGIN, nonce, algorithm="ES384"), nonce)


def with_no_answer(world: World) -> None:
    world.answer(b"", world.begin())


def with_revoked_certificate(world: World) -> None:
    world.store.tables.revoked[1001] = (NOW, "keyCompromise")
    world.sign_in()


CHANGES: list[tuple[Callable[[World], None], type[EidError]]] = [
    (with_other_origin, SignatureWrong),
    (with_spent_challenge, ChallengeSpent),
    (with_a_twin_of_the_spent_answer, ChallengeSpent),
    (with_challenge_of_another_request, ChallengeSpent),
    (with_challenge_of_another_browser, ChallengeSpent),
    (with_challenge_of_an_activation, ChallengeSpent),
    (with_another_nonce, SignatureWrong),
    (with_no_nonce, ChallengeSpent),
    (with_a_nul_in_the_nonce, ChallengeSpent),
    (too_late, ChallengeExpired),
    (with_certificate_from_other_ca, CertificateUntrusted),
    (with_a_certificate_that_the_register_does_not_know, CertificateRevoked),
    (with_the_signature_key, CertificateUntrusted),
    (with_algorithm_none, BadCardAnswer),
    (with_es384_on_p256, SignatureWrong),
    (with_no_answer, BadCardAnswer),
    (with_revoked_certificate, CertificateRevoked),
]


@pytest.mark.parametrize(("change", "error"), CHANGES)
def test_one_change_to_a_good_sign_in_is_refused_and_kept(
    world: World, change: Callable[[World], None], error: type[EidError]
) -> None:
    with pytest.raises(error):
        change(world)
    assert refusals(world) == [error.code]
    assert "LoggedIn" not in world.store.event_names()


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (with_certificate_from_other_ca, "untrusted"),
        (with_the_signature_key, "wrong_purpose"),
        (with_another_nonce, ""),
    ],
)
def test_the_trail_says_the_word_behind_the_code(
    world: World, change: Callable[[World], None], word: str
) -> None:
    with pytest.raises(EidError):
        change(world)
    (told,) = [event for event in world.store.events if isinstance(event, LoginRefused)]
    assert told.because == word


# One change to the standing of card and account

STANDINGS: list[tuple[dict[str, Any], type[EidError]]] = [
    ({"account": {"status": AccountStatus.LOCKED, "locks": (LOCK,)}}, AccountLocked),
    ({"account": {"status": AccountStatus.NOTIFIED, "activated_at": None}}, AccountNotActive),
    ({"account": {"status": AccountStatus.CLOSED}}, AccountNotActive),
    (
        {
            "account": {"status": AccountStatus.NOTIFIED},
            "card": {"status": CardStatus.PERSONALISED},
        },
        AccountNotActive,
    ),
    ({"card": {"status": CardStatus.PERSONALISED}}, CardNotActive),
    ({"card": {"status": CardStatus.SUSPENDED}}, CardNotActive),
    ({"card": {"status": CardStatus.REVOKED}}, CardNotActive),
    ({"card": {"status": CardStatus.EXPIRED}}, CardExpired),
    ({"card": {"valid_until": date(2026, 3, 1)}}, CardExpired),
    (
        {
            "account": {"status": AccountStatus.LOCKED, "locks": (LOCK,)},
            "card": {"valid_until": date(2026, 3, 1)},
        },
        CardExpired,
    ),
    ({"holder": {"number": PersonalNumber("001190000002")}}, CertificateUntrusted),
]


@pytest.mark.parametrize(("changes", "error"), STANDINGS)
def test_a_true_proof_is_refused_where_the_standing_is_not_good(
    changes: dict[str, Any], error: type[EidError]
) -> None:
    world = make_world(**changes)
    with pytest.raises(error):
        world.sign_in()
    assert refusals(world) == [error.code]
    assert not world.store.tables.sessions


@pytest.mark.parametrize(
    ("at", "is_good"),
    [
        (datetime(2026, 3, 5, 16, 59, 59, tzinfo=UTC), True),  # 23:59:59 in Hanoi
        (datetime(2026, 3, 5, 17, 0, 0, tzinfo=UTC), False),  # midnight in Hanoi
    ],
)
def test_a_printed_day_ends_in_vietnam(at: datetime, is_good: bool) -> None:  # noqa: FBT001
    world = make_world(card={"valid_until": date(2026, 3, 5)})
    world.add_pending("later", expires_at=at + HOUR)
    nonce = world.begin("later", at=at)
    body = good_card().answer(ORIGIN, nonce)
    if is_good:
        assert world.answer(body, nonce, pending="later", at=at).handle
        return
    with pytest.raises(CardExpired):
        world.answer(body, nonce, pending="later", at=at)


def test_a_card_without_a_printed_end_is_good() -> None:
    assert make_world(card={"valid_until": None}).sign_in().handle


def test_an_expired_certificate_is_told_as_expired__CV_23() -> None:
    world = make_world()
    late = END + SECOND
    world.add_pending("late", expires_at=late + HOUR)
    nonce = world.begin("late", at=late)
    with pytest.raises(CertificateExpired):
        world.answer(good_card().answer(ORIGIN, nonce), nonce, pending="late", at=late)


def test_a_refusal_names_only_the_account_that_was_claimed() -> None:
    world = make_world(account={"status": AccountStatus.CLOSED})
    with pytest.raises(AccountNotActive):
        world.sign_in()
    nonce = world.begin()
    with pytest.raises(BadCardAnswer):
        world.answer(b"?", nonce)
    claimed = next(iter(world.store.tables.accounts))
    assert [event.account for event in world.store.events] == [claimed, None]


# Rule 5: spent first


@pytest.mark.parametrize(
    ("change", "error"),
    [row for row in CHANGES if row[1] is not ChallengeSpent and row[0] is not with_another_nonce],
)
def test_a_refusal_keeps_the_challenge_spent__CV_01(
    world: World, change: Callable[[World], None], error: type[EidError]
) -> None:
    with pytest.raises(error):
        change(world)
    assert len(world.store.tables.spent_challenges) == 1


class Crash(Exception):
    pass


@pytest.mark.parametrize("door", ["cards.standing", "keep", "grants.sign_on"])
def test_a_crash_after_the_spending_keeps_the_challenge_spent__CV_01(
    world: World, monkeypatch: pytest.MonkeyPatch, door: str
) -> None:
    nonce = world.begin()
    body = good_card().answer(ORIGIN, nonce)

    async def crash(*_: object) -> None:
        raise Crash

    owner, _, name = door.rpartition(".")
    monkeypatch.setattr(getattr(world.store, owner) if owner else world.store, name, crash)
    with pytest.raises(Crash):
        world.answer(body, nonce, session=SESSION)
    assert world.is_spent(nonce)
    monkeypatch.undo()
    with pytest.raises(ChallengeSpent):
        world.answer(body, nonce)


@pytest.mark.parametrize("nonce", ["", "\x00", "\ud800" * 44, "A" * 44])
def test_no_text_but_a_nonce_reaches_the_store__CV_02(
    world: World, monkeypatch: pytest.MonkeyPatch, nonce: str
) -> None:
    async def crash(*_: object) -> None:
        raise Crash

    monkeypatch.setattr(world.store.challenges, "spend", crash)
    with pytest.raises(ChallengeSpent):
        world.answer(good_card().answer(ORIGIN, "unheard of"), nonce)


def test_nothing_is_looked_at_before_the_challenge_is_spent__CV_01(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    nonce = world.begin()

    async def crash(*_: object) -> None:
        raise Crash

    monkeypatch.setattr(world.store.challenges, "spend", crash)
    monkeypatch.setattr(world.store.cards, "standing", None)
    with pytest.raises(Crash):
        world.answer(b"not even read", nonce)


def test_parallel_answers_with_one_challenge_are_one_sign_in__CV_03(world: World) -> None:
    world.login = Login(interleaved(world.store), trust(), POLICY)
    nonce = world.begin()
    body = good_card().answer(ORIGIN, nonce)
    said = ChallengeAnswer(CARD_SIGNATURE.name, nonce, body)

    async def both() -> list[object]:
        tries = [world.login.answer(make_visit(), PENDING, BROWSER, said, None) for _ in range(20)]
        return list(await asyncio.gather(*tries, return_exceptions=True))

    results = run(both())
    assert sum(isinstance(result, ChallengeSpent) for result in results) == 19
    assert len(world.store.tables.sessions) == 1


# The world moves on between looking and keeping


def test_a_lock_set_meanwhile_wins_and_is_kept(world: World) -> None:
    nonce = world.begin()
    (account, version), *_ = world.store.tables.accounts.values()

    async def lock() -> None:
        await world.store.keep([MoveAccount(account.lock(LOCK), version)], ())

    world.store.before_keep = lock
    with pytest.raises(Conflict):
        world.answer(good_card().answer(ORIGIN, nonce), nonce)
    assert not world.store.tables.sessions
    assert refusals(world) == ["conflict"]
    assert world.is_spent(nonce)
