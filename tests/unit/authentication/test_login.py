import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from builders import (
    BROWSER,
    HOUR,
    NOW,
    SESSION,
    identifier,
    make_account,
    make_card,
    make_card_certificate,
    make_citizen,
    make_session,
    make_visit,
    put_account,
    put_card,
    put_session,
)
from interleaving import interleaved
from pki_for_tests import END, SoftCard
from unit.authentication.login_world import (
    ORIGIN,
    PENDING,
    POLICY,
    World,
    good_card,
    make_world,
    pki,
    run,
)

from eid.authentication.login import Login
from eid.domain.account import AccountStatus, Lock, LockGround
from eid.domain.assurance import AccountLevel, AuthenticationLevel
from eid.domain.audit import LoggedIn, LoggedOut, LoginRefused
from eid.domain.card import CardStatus
from eid.domain.challenge import ChallengePurpose
from eid.domain.changes import DisableClient, EndSession, FinishPending, MoveAccount
from eid.domain.handles import digest
from eid.domain.identifiers import AccountId, CardId, CaseId, ClientId, HolderId, PersonalNumber
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
    LevelTooLow,
    SignatureWrong,
    UnknownPending,
)
from eid.proofs.challenges import bound_to_case, is_nonce, issue_challenge

LOCK = Lock(LockGround.HOLDER_ASKED, "holder", NOW - HOUR)
SECOND = timedelta(seconds=1)


@pytest.fixture
def world() -> World:
    return make_world()


def refusals(world: World) -> list[str]:
    return [event.reason for event in world.store.events if isinstance(event, LoginRefused)]


# Asking


def test_the_page_is_told_what_to_ask_and_for_whom(world: World) -> None:
    asked = run(world.login.begin(make_visit(), PENDING, BROWSER))
    assert (asked.method, asked.origin) == ("card_signature", ORIGIN)
    assert is_nonce(asked.nonce)
    assert asked.client.id == "tax-portal"
    assert asked.redirect_origin == "https://tax.example:8443"
    assert asked.ui_locales == ("vi",)


def test_every_asking_makes_a_challenge_of_its_own__CV_01(world: World) -> None:
    assert world.begin() != world.begin()
    assert len(world.store.tables.challenges) == 2


@pytest.mark.parametrize(
    ("pending", "browser"),
    [("another", BROWSER), (PENDING, "another"), (PENDING, ""), ("", BROWSER), ("\x00", "\ud800")],
)
def test_a_request_waits_in_its_own_browser_alone__SS_08(
    world: World, pending: str, browser: str
) -> None:
    with pytest.raises(UnknownPending):
        world.begin(pending, browser)
    nonce = world.begin()
    with pytest.raises(UnknownPending):
        world.answer(good_card().answer(ORIGIN, nonce), nonce, pending=pending, browser=browser)
    assert not world.is_spent(nonce)


def test_a_level_that_our_factors_do_not_reach_is_refused_and_kept(world: World) -> None:
    world.add_pending("high", wanted=AuthenticationLevel.LEVEL_3)
    with pytest.raises(LevelTooLow):
        world.begin("high")
    assert refusals(world) == ["level_too_low"]
    assert not world.store.tables.challenges


def test_a_disabled_client_gets_no_sign_in(world: World) -> None:
    run(world.store.keep([DisableClient(ClientId("tax-portal"))], ()))
    with pytest.raises(UnknownPending):
        world.begin()


def test_an_answered_request_waits_no_more(world: World) -> None:
    run(world.store.keep([FinishPending(digest(PENDING), NOW)], ()))
    with pytest.raises(UnknownPending):
        world.begin()


# Signing in


def test_a_good_answer_signs_in(world: World) -> None:
    signed_in = world.sign_in()
    session = world.live(signed_in.handle)
    assert session == signed_in.session
    assert session.level() is AuthenticationLevel.LEVEL_2
    assert session.amr() == ("sc", "pin")
    assert (session.started_at, session.auth_time()) == (NOW, NOW)
    assert session.idle_until == NOW + POLICY.idle
    assert session.ends_at == NOW + POLICY.session


def test_the_sign_in_is_told_with_its_level_and_client(world: World) -> None:
    signed_in = world.sign_in()
    assert world.store.events == [
        LoggedIn(
            visit=make_visit(),
            account=signed_in.session.account,
            method="card_signature",
            level=2,
            client=ClientId("tax-portal"),
            session=signed_in.session.id,
        )
    ]


def test_the_store_knows_the_handle_only_as_its_hash__SS_03(world: World) -> None:
    signed_in = world.sign_in()
    assert len(signed_in.handle) == 43
    assert signed_in.handle not in repr(world.store.tables)


def test_a_session_is_not_idle_for_longer_than_it_lives__SS_05(world: World) -> None:
    short = replace(POLICY, session=timedelta(minutes=5))
    world.login._policy = short
    session = world.sign_in().session
    assert session.idle_until == session.ends_at == NOW + timedelta(minutes=5)


def test_every_sign_in_has_a_handle_and_a_session_of_its_own__SS_02(world: World) -> None:
    first, second = world.sign_in(), world.sign_in()
    assert first.handle != second.handle
    assert first.session.id != second.session.id


def test_signing_in_ends_the_session_that_was_at_this_browser__SS_02(world: World) -> None:
    before = world.sign_in()
    after = world.sign_in(session=before.handle)
    assert world.live(before.handle) is None
    assert world.live(after.handle) == after.session


def test_signing_in_as_another_ends_the_first_persons_session__SS_09(world: World) -> None:
    other_card = add_other_person(world)
    before = world.sign_in()
    after = world.sign_in(other_card, session=before.handle)
    assert after.session.account != before.session.account
    assert world.live(before.handle) is None
    assert world.live(after.handle) == after.session


def add_other_person(world: World) -> SoftCard:
    """Another citizen with an active account and a card of their own."""
    card = pki().card("001190000009")
    holder = HolderId(identifier("other holder"))
    account = make_account(
        id=AccountId(identifier("other account")), holder=holder, level=AccountLevel.LEVEL_1
    )
    citizen = make_citizen(id=holder, number=PersonalNumber("001190000009"))
    plastic = make_card(id=CardId(identifier("other card")), holder=holder)
    certificate = make_card_certificate(serial=1002, fingerprint=card.fingerprint)
    run(put_account(world.store, account, citizen))
    run(put_card(world.store, plastic, certificate))
    return card


def test_a_cookie_that_is_no_session_is_nobody__SS_14(world: World) -> None:
    signed_in = world.sign_in(session="forged-cookie")
    assert world.live(signed_in.handle)


def test_other_browsers_keep_their_sessions(world: World) -> None:
    elsewhere = world.sign_in()
    world.sign_in()
    assert world.live(elsewhere.handle)


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
    world.login = Login(interleaved(world.store), pki().anchors(), POLICY)
    nonce = world.begin()
    body = good_card().answer(ORIGIN, nonce)

    async def both() -> list[object]:
        tries = [
            world.login.answer(make_visit(), PENDING, BROWSER, nonce, body, None) for _ in range(20)
        ]
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


# Who is here, and goodbye


def test_somebody_is_here_after_signing_in(world: World) -> None:
    signed_in = world.sign_in()
    facts = run(world.login.who(make_visit(), signed_in.handle))
    assert facts is not None
    assert facts.session == signed_in.session


@pytest.mark.parametrize("cookie", [None, "", "forged", "\ud800"])
def test_nobody_is_here_without_a_session__SS_14(world: World, cookie: str | None) -> None:
    assert run(world.login.who(make_visit(), cookie)) is None


def test_nobody_is_here_after_the_session_has_ended__SS_05(world: World) -> None:
    handle = world.sign_in().handle
    last = NOW + POLICY.idle - SECOND
    assert run(world.login.who(make_visit(last), handle))
    assert run(world.login.who(make_visit(NOW + POLICY.idle), handle)) is None


def test_nobody_is_here_when_the_account_is_locked__SS_04(world: World) -> None:
    handle = world.sign_in().handle
    (account, version), *_ = world.store.tables.accounts.values()
    run(world.store.keep([MoveAccount(account.lock(LOCK), version)], ()))
    assert run(world.login.who(make_visit(), handle)) is None


def test_asking_who_is_here_keeps_nothing_alive__SS_05(world: World) -> None:
    signed_in = world.sign_in()
    run(world.login.who(make_visit(NOW + timedelta(minutes=20)), signed_in.handle))
    assert world.live(signed_in.handle) == signed_in.session


def test_signing_out_ends_the_session_and_is_told__SS_04(world: World) -> None:
    signed_in = world.sign_in()
    run(world.login.sign_out(make_visit(), signed_in.handle))
    assert world.live(signed_in.handle) is None
    assert world.store.events[-1] == LoggedOut(
        visit=make_visit(), account=signed_in.session.account, session=signed_in.session.id
    )


@pytest.mark.parametrize("cookie", [None, "", "forged"])
def test_signing_out_without_a_session_is_no_error(world: World, cookie: str | None) -> None:
    run(world.login.sign_out(make_visit(), cookie))
    assert world.store.events == []


def test_signing_out_twice_at_once_is_no_error(world: World) -> None:
    run(put_session(world.store))
    ended = EndSession(make_session().id, NOW)

    async def meanwhile() -> None:
        await world.store.keep([ended], ())

    world.store.before_keep = meanwhile
    run(world.login.sign_out(make_visit(), SESSION))
    assert world.live(SESSION) is None
    assert world.store.events == []


def test_signing_out_does_not_try_for_ever(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    run(put_session(world.store))
    tries: list[object] = []

    async def conflict(*changes: object) -> None:
        tries.append(changes)
        raise Conflict

    monkeypatch.setattr(world.store, "keep", conflict)
    with pytest.raises(Conflict):
        run(world.login.sign_out(make_visit(), SESSION))
    assert len(tries) == 3
