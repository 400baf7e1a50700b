"""Challenges, sessions, requests, consent, codes and tokens."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from builders import BROWSER, NOW, SESSION, make_session
from integration.store.furniture import Furniture, make_code, make_grant

from eid.domain import changes as do
from eid.domain.account import Lock, LockGround
from eid.domain.assurance import AuthenticationLevel
from eid.domain.challenge import Challenge, ChallengePurpose
from eid.domain.grant import Consent, PendingAuthorization
from eid.domain.handles import digest
from eid.domain.identifiers import ClientId, SessionId
from eid.errors import Conflict, Malformed
from eid.ports import Store

pytestmark = pytest.mark.anyio

SECOND = timedelta(seconds=1)
LOGIN = ChallengePurpose.LOGIN
CHALLENGE = Challenge("bm9uY2U=", LOGIN, "https://eid.example", b"bound", NOW, NOW + 120 * SECOND)


def make_pending(client: ClientId, **changes: Any) -> PendingAuthorization:
    values: dict[str, Any] = {
        "id_hash": digest("pending"),
        "browser_hash": digest(BROWSER),
        "client": client,
        "redirect_uri": "https://tax.example/callback?a=b&c=%20",
        "scope": ("openid", "profile", "custom"),
        "claims": ("name", "email"),
        "state": "state \"'\\ é",
        "nonce": None,
        "code_challenge": "c" * 43,
        "prompt": frozenset({"login", "consent"}),
        "wanted": AuthenticationLevel.LEVEL_2,
        "fresh_since": NOW - SECOND,
        "max_age": 0,
        "subject": "somebody",
        "ui_locales": ("vi", "en"),
        "created_at": NOW,
        "expires_at": NOW + 1800 * SECOND,
    }
    return PendingAuthorization(**{**values, **changes})


# Challenges


async def test_a_challenge_is_spent_once__CV_01(store: Store) -> None:
    await store.keep([do.AddChallenge(CHALLENGE)], ())
    spend = (CHALLENGE.nonce, LOGIN, b"bound", NOW)
    assert await store.challenges.spend(*spend) == CHALLENGE
    assert await store.challenges.spend(*spend) is None


@pytest.mark.parametrize(
    "wrong",
    [
        ("unknown", LOGIN, b"bound"),
        ("\0", LOGIN, b"bound"),
        ("\udcff", LOGIN, b"bound"),
        (CHALLENGE.nonce, ChallengePurpose.ACTIVATION, b"bound"),
        (CHALLENGE.nonce, LOGIN, b"another transaction"),
    ],
)
async def test_a_challenge_belongs_to_its_transaction__CV_01(
    store: Store, wrong: tuple[str, ChallengePurpose, bytes]
) -> None:
    await store.keep([do.AddChallenge(CHALLENGE)], ())
    assert await store.challenges.spend(*wrong, NOW) is None
    assert await store.challenges.spend(CHALLENGE.nonce, LOGIN, b"bound", NOW) == CHALLENGE


# Sessions


async def test_a_session_is_found_by_its_cookie(store: Store, furniture: Furniture) -> None:
    owner, session, client = await furniture.signed_in()
    found = await store.grants.sign_on(digest(SESSION), client, NOW)
    assert found
    assert (found.session, found.owner, found.consent) == (session, owner, None)
    assert await store.grants.sign_on(digest("other"), client, NOW) is None


@pytest.mark.parametrize(
    ("now", "is_live"),
    [
        (NOW + timedelta(minutes=30) - timedelta(microseconds=1), True),
        (NOW + timedelta(minutes=30), False),
    ],
)
async def test_a_session_ends_when_it_is_idle__SS_05(
    store: Store, furniture: Furniture, now: datetime, *, is_live: bool
) -> None:
    await furniture.signed_in()
    assert bool(await store.grants.sign_on(digest(SESSION), None, now)) is is_live


async def test_a_session_that_is_used_lasts_to_its_end_and_no_longer__SS_05(
    store: Store, furniture: Furniture
) -> None:
    _, session, _ = await furniture.signed_in()
    touch = do.TouchSession(session.id, session.ends_at + timedelta(hours=1))
    await store.keep([touch], ())
    last = session.ends_at - timedelta(microseconds=1)
    assert await store.grants.sign_on(session.handle_hash, None, last)
    assert await store.grants.sign_on(session.handle_hash, None, session.ends_at) is None


async def test_an_ended_session_is_over__SS_04(store: Store, furniture: Furniture) -> None:
    _, session, _ = await furniture.signed_in()
    await store.keep([do.EndSession(session.id, NOW)], ())
    assert await store.grants.sign_on(session.handle_hash, None, NOW) is None
    for late in (do.EndSession(session.id, NOW), do.TouchSession(session.id, NOW)):
        with pytest.raises(Conflict):
            await store.keep([late], ())


async def test_all_sessions_of_an_account_end_together(store: Store, furniture: Furniture) -> None:
    owner, session, _ = await furniture.signed_in()
    second = make_session("second", id=SessionId(b"second"))
    await furniture.session(owner, second)
    end = do.EndSessionsOf(owner.account.id, NOW)
    await store.keep([end], ())
    for ended in (session, second):
        assert await store.grants.sign_on(ended.handle_hash, None, NOW) is None
    await store.keep([end], ())  # none left: no conflict


# Pending requests


async def test_a_pending_request_is_found_as_it_was_kept(
    store: Store, furniture: Furniture
) -> None:
    pending = make_pending(await furniture.client(), subject=None, claims=())
    await store.keep([do.AddPending(pending)], ())
    found = await store.grants.find_pending(pending.id_hash, pending.browser_hash, NOW)
    assert found == pending


async def test_a_pending_request_belongs_to_its_browser_and_its_time__AZ_14(
    store: Store, furniture: Furniture
) -> None:
    pending = make_pending(await furniture.client(), state=None, code_challenge=None, max_age=None)
    await store.keep([do.AddPending(pending)], ())
    find = store.grants.find_pending
    assert await find(pending.id_hash, digest("other browser"), NOW) is None
    assert await find(digest("other"), pending.browser_hash, NOW) is None
    assert await find(pending.id_hash, pending.browser_hash, pending.expires_at) is None
    assert await find(pending.id_hash, pending.browser_hash, NOW) == pending


async def test_a_pending_request_is_answered_once(store: Store, furniture: Furniture) -> None:
    pending = make_pending(await furniture.client())
    await store.keep([do.AddPending(pending)], ())
    await store.keep([do.FinishPending(pending.id_hash, NOW)], ())
    assert await store.grants.find_pending(pending.id_hash, pending.browser_hash, NOW) is None
    with pytest.raises(Conflict):
        await store.keep([do.FinishPending(pending.id_hash, NOW)], ())


# Consent


async def test_the_newest_consent_to_this_client_counts(store: Store, furniture: Furniture) -> None:
    owner, session, client = await furniture.signed_in()
    other = await furniture.client("other-portal")
    first = Consent(owner.account.id, client, frozenset({"name", "phone"}), frozenset(), NOW)
    second = Consent(
        owner.account.id, client, frozenset({"name"}), frozenset({"name"}), NOW + SECOND
    )
    for consent in (first, second):
        await store.keep([do.SaveConsent(consent)], ())
        found = await store.grants.sign_on(session.handle_hash, client, NOW)
        assert found
        assert found.consent == consent
    for nobody in (other, None):
        found = await store.grants.sign_on(session.handle_hash, nobody, NOW)
        assert found
        assert found.consent is None


# Codes


async def test_a_code_is_spent_once__rfc6749_4_1_2(store: Store, furniture: Furniture) -> None:
    owner, _, client = await furniture.signed_in()
    code = await furniture.code(nonce=None, code_challenge=None)
    facts = await store.grants.spend_code(code.hash, client, NOW)
    assert facts
    assert (facts.code, facts.grant, facts.owner) == (code, make_grant(), owner)
    assert (facts.grant_revoked, facts.session_ended) == (False, False)
    assert await store.grants.spend_code(code.hash, client, NOW) is None


async def test_a_spent_code_names_its_grant__rfc6749_4_1_2(
    store: Store, furniture: Furniture
) -> None:
    _, _, client = await furniture.signed_in()
    code = await furniture.code()
    assert await store.grants.find_spent_code(code.hash, client) is None
    await store.grants.spend_code(code.hash, client, NOW)
    assert await store.grants.find_spent_code(code.hash, client) == code.grant
    assert await store.grants.find_spent_code(code.hash, ClientId("other")) is None


async def test_another_client_cannot_burn_a_code__rfc6749_4_1_3(
    store: Store, furniture: Furniture
) -> None:
    _, _, client = await furniture.signed_in()
    code = await furniture.code()
    assert await store.grants.spend_code(code.hash, ClientId("other-portal"), NOW) is None
    assert await store.grants.spend_code(code.hash, client, NOW)


async def test_an_expired_code_is_not_spent__rfc6749_4_1_2(
    store: Store, furniture: Furniture
) -> None:
    _, _, client = await furniture.signed_in()
    code = await furniture.code()
    assert await store.grants.spend_code(code.hash, client, code.expires_at) is None
    assert await store.grants.find_spent_code(code.hash, client) is None


async def test_a_code_tells_that_its_session_and_its_grant_ended(
    store: Store, furniture: Furniture
) -> None:
    owner, session, client = await furniture.signed_in()
    code = await furniture.code()
    lock = Lock(LockGround.HOLDER_ASKED, "holder", NOW)
    await store.keep(
        [
            do.EndSession(session.id, NOW),
            do.RevokeGrant(code.grant, NOW),
            do.MoveAccount(owner.account.lock(lock), owner.version),
        ],
        (),
    )
    facts = await store.grants.spend_code(code.hash, client, NOW)
    assert facts
    assert (facts.grant_revoked, facts.session_ended) == (True, True)
    assert (facts.owner.is_active, facts.owner.version) == (False, 2)


# Tokens


async def issue(store: Store, furniture: Furniture, name: str = "token") -> bytes:
    owner, _, _ = await furniture.signed_in()
    code = await furniture.code()
    token = digest(name)
    expires_at = NOW + 300 * SECOND
    await store.keep([do.IssueAccessToken(owner.standing, token, code.grant, expires_at)], ())
    return token


async def test_a_token_speaks_of_its_owner(store: Store, furniture: Furniture) -> None:
    token = await issue(store, furniture)
    facts = await store.grants.find_token(token, NOW)
    assert facts
    assert facts.grant == make_grant()
    assert facts.expires_at == NOW + 300 * SECOND
    assert facts.owner == await store.accounts.find(facts.grant.account)
    assert await store.grants.find_token(digest("other"), NOW) is None


async def test_a_token_expires(store: Store, furniture: Furniture) -> None:
    token = await issue(store, furniture)
    assert await store.grants.find_token(token, NOW + 299 * SECOND)
    assert await store.grants.find_token(token, NOW + 300 * SECOND) is None


async def test_a_token_dies_with_its_grant(store: Store, furniture: Furniture) -> None:
    token = await issue(store, furniture)
    await store.keep([do.RevokeGrant(make_grant().id, NOW)], ())
    assert await store.grants.find_token(token, NOW) is None
    await store.keep([do.RevokeGrant(make_grant().id, NOW + SECOND)], ())  # again is no conflict


async def test_a_token_dies_with_its_session(store: Store, furniture: Furniture) -> None:
    token = await issue(store, furniture)
    await store.keep([do.EndSession(make_session().id, NOW)], ())
    assert await store.grants.find_token(token, NOW) is None


async def test_a_token_of_a_revoked_grant_is_dead_on_arrival__TK_04(
    store: Store, furniture: Furniture
) -> None:
    owner, _, _ = await furniture.signed_in()
    code = await furniture.code()
    await store.keep([do.RevokeGrant(code.grant, NOW)], ())
    late = do.IssueAccessToken(owner.standing, digest("token"), code.grant, NOW + SECOND)
    await store.keep([late], ())
    assert await store.grants.find_token(digest("token"), NOW) is None


async def test_an_unknown_grant_is_not_revoked(store: Store) -> None:
    with pytest.raises(Conflict):
        await store.keep([do.RevokeGrant(make_grant().id, NOW)], ())


# Marks


async def test_a_replay_mark_is_made_once(store: Store) -> None:
    mark = do.AddReplayMark(b"key", NOW + SECOND)
    await store.keep([mark], ())
    with pytest.raises(Conflict):
        await store.keep([mark], ())


async def test_text_that_one_engine_cannot_hold_is_refused_by_both(
    doors: Store, furniture: Furniture
) -> None:
    client = await furniture.client()
    for number, state in enumerate(("a\0b", "\ud800")):
        pending = make_pending(client, id_hash=bytes([number]), state=state)
        with pytest.raises(Malformed):
            await doors.keep([do.AddPending(pending)], ())


async def test_two_codes_of_one_name_are_one_too_many(store: Store, furniture: Furniture) -> None:
    owner, _, _ = await furniture.signed_in()
    await furniture.code()
    again = make_grant("another")
    with pytest.raises(Conflict):
        await store.keep([do.IssueCode(owner.standing, again, make_code("code", again))], ())
