from dataclasses import replace
from datetime import timedelta

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
from pki_for_tests import SoftCard
from unit.authentication.login_world import (
    ORIGIN,
    PENDING,
    POLICY,
    World,
    make_world,
)
from unit.good_cards import good_card, pki, run

from eid.domain.account import Lock, LockGround
from eid.domain.assurance import AccountLevel, AuthenticationLevel
from eid.domain.audit import LoggedIn, LoggedOut, LoginRefused
from eid.domain.changes import DisableClient, EndSession, FinishPending, MoveAccount
from eid.domain.handles import digest
from eid.domain.identifiers import AccountId, CardId, ClientId, HolderId, PersonalNumber
from eid.errors import (
    Conflict,
    LevelTooLow,
    UnknownPending,
)
from eid.proofs.challenges import is_nonce

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


def test_no_request_waits_in_a_browser_without_a_name__SS_08(world: World) -> None:
    world.add_pending("nameless", browser_hash=digest(""))
    with pytest.raises(UnknownPending):
        world.begin("nameless", "")


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
