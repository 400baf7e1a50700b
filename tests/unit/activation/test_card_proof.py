from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from builders import BROWSER, HOUR, NOW, identifier, make_account, make_citizen, make_visit
from unit.activation.activation_world import (
    ORIGIN,
    OTHER_BROWSER,
    POLICY,
    Crash,
    World,
    crash,
    make_world,
)
from unit.good_cards import good_card, pki, run

from eid.domain.account import AccountStatus, Lock, LockGround
from eid.domain.activation import CaseStatus
from eid.domain.audit import AccountActivated, ActivationRefused
from eid.domain.card import CardStatus, ElectronicCardStatus
from eid.domain.challenge import ChallengePurpose
from eid.domain.changes import MoveAccount
from eid.domain.handles import digest
from eid.domain.identifiers import AccountId, CardId, HolderId, PersonalNumber
from eid.errors import (
    AccountLocked,
    AlreadyActive,
    BadCardAnswer,
    CardExpired,
    CardNotActive,
    CertificateRevoked,
    CertificateUntrusted,
    ChallengeExpired,
    ChallengeSpent,
    CodeNeeded,
    EidError,
    SignatureWrong,
    WrongHolder,
)
from eid.proofs.challenges import bound_to_pending, issue_challenge

LOCK = Lock(LockGround.HOLDER_ASKED, "holder", NOW - HOUR)
UNTIL = NOW + timedelta(days=7)
SECOND = timedelta(seconds=1)


@pytest.fixture
def world() -> World:
    return make_world()


# The proof


def test_the_holders_card_makes_everything_live(world: World) -> None:
    view = world.activate()
    assert view.step == "done"
    assert world.account().status is AccountStatus.ACTIVE
    assert world.account().activated_at == NOW
    assert world.case().status is CaseStatus.DONE
    assert world.card().status is CardStatus.ACTIVE
    assert world.electronic_card().status is ElectronicCardStatus.ACTIVE
    assert world.store.events[-1] == AccountActivated(
        visit=make_visit(), account=world.account().id, proof="card_signature"
    )


def test_all_of_it_is_kept_at_once__AC_05(world: World) -> None:
    world.activate()
    assert [type(change).__name__ for change in world.store.kept[-1]] == [
        "MoveAccount",
        "MoveCase",
        "MoveChipCard",
        "MoveElectronicCard",
    ]


def test_a_card_that_is_in_force_already_stays_so() -> None:
    world = make_world(card={"status": CardStatus.ACTIVE})
    assert world.activate().step == "done"
    assert world.card().status is CardStatus.ACTIVE


def test_an_account_without_an_e_id_card_is_activated_too(world: World) -> None:
    world.store.tables.electronic_cards.clear()
    assert world.activate().step == "done"


def test_after_activation_the_code_is_worthless__AC_02(world: World) -> None:
    world.activate()
    assert world.open().step == world.open(browser=OTHER_BROWSER).step == "done"
    for call in (world.accept, world.ask):
        with pytest.raises(AlreadyActive):
            call()
    assert world.account().activated_at == NOW


def test_a_proof_needs_the_code_first__AC_01(world: World) -> None:
    world.accept()
    nonce = world.ask()
    world.put(replace(world.case(), browser_hash=digest(OTHER_BROWSER)))
    with pytest.raises(CodeNeeded):
        world.prove(nonce)
    assert world.account().status is AccountStatus.NOTIFIED
    assert world.is_spent(nonce)


def good_nonce(world: World) -> str:
    world.accept()
    return world.ask()


def with_other_origin(world: World) -> None:
    nonce = good_nonce(world)
    world.prove(nonce, good_card().answer("https://eid.examp1e", nonce))


def with_a_challenge_spent_on_a_wrong_answer(world: World) -> None:
    nonce = good_nonce(world)
    with pytest.raises(BadCardAnswer):
        world.prove(nonce, b"?")
    world.store.events.clear()
    world.prove(nonce)


def with_the_challenge_of_another_browser(world: World) -> None:
    world.accept(browser=OTHER_BROWSER)
    nonce = world.ask(browser=OTHER_BROWSER)
    world.accept()
    world.prove(nonce)


def with_the_challenge_of_a_login(world: World) -> None:
    world.accept()
    bound_to = bound_to_pending(b"p" * 32, digest(BROWSER))
    challenge = issue_challenge(ChallengePurpose.LOGIN, ORIGIN, bound_to, NOW, 2 * HOUR)
    world.store.tables.challenges[challenge.nonce] = challenge
    world.prove(challenge.nonce)


def with_another_nonce(world: World) -> None:
    nonce = good_nonce(world)
    world.prove(nonce, good_card().answer(ORIGIN, world.ask()))


def with_a_nonce_of_another_shape(world: World) -> None:
    nonce = good_nonce(world)
    world.prove("\x00", good_card().answer(ORIGIN, nonce))


def too_late(world: World) -> None:
    world.prove(good_nonce(world), at=NOW + POLICY.challenge_lifetime)


def with_somebody_elses_card(world: World) -> None:
    stranger = pki().card("001190000002")
    certificate = next(iter(world.store.tables.certificates.values()))
    world.store.tables.certificates[stranger.fingerprint] = certificate
    world.activate(stranger)


def with_a_certificate_that_the_register_gives_to_somebody_else(world: World) -> None:
    tables, other = world.store.tables, HolderId(identifier("other holder"))
    citizen = make_citizen(id=other, number=PersonalNumber("001190000002"))
    account = make_account(id=AccountId(identifier("other account")), holder=other)
    tables.holders[other] = citizen
    tables.accounts[account.id] = (account, 1)
    own = world.card()
    tables.cards[own.id] = replace(own, holder=other)  # the certificate hangs on this card
    spare = replace(own, id=CardId(identifier("spare card")))
    tables.cards[spare.id] = spare
    world.activate()


def with_a_certificate_that_the_register_does_not_know(world: World) -> None:
    world.activate(pki().card())


def with_the_signature_key(world: World) -> None:
    world.activate(pki().signature_card())


def with_another_ca(world: World) -> None:
    world.activate(pki().card(issuer=pki().authority_under(pki().root)))


def with_revoked_certificate(world: World) -> None:
    world.store.tables.revoked[1001] = (NOW, "keyCompromise")
    world.activate()


def with_algorithm_none(world: World) -> None:
    nonce = good_nonce(world)
    world.prove(nonce, good_card().answer(ORIGIN, nonce, algorithm="none"))


def with_an_expired_card(world: World) -> None:
    nonce = good_nonce(world)
    card = world.card()
    world.store.tables.cards[card.id] = replace(card, valid_until=date(2026, 3, 1))
    world.prove(nonce)


def with_a_suspended_card(world: World) -> None:
    nonce = good_nonce(world)
    card = world.card()
    world.store.tables.cards[card.id] = replace(card, status=CardStatus.SUSPENDED)
    world.prove(nonce)


def with_a_lock(world: World) -> None:
    nonce = good_nonce(world)
    account = world.account()
    run(world.store.keep([MoveAccount(account.lock(LOCK), 1)], ()))
    world.prove(nonce)


CHANGES: list[tuple[Callable[[World], None], type[EidError]]] = [
    (with_other_origin, SignatureWrong),
    (with_a_challenge_spent_on_a_wrong_answer, ChallengeSpent),
    (with_the_challenge_of_another_browser, ChallengeSpent),
    (with_the_challenge_of_a_login, ChallengeSpent),
    (with_another_nonce, SignatureWrong),
    (with_a_nonce_of_another_shape, ChallengeSpent),
    (too_late, ChallengeExpired),
    (with_somebody_elses_card, WrongHolder),
    (with_a_certificate_that_the_register_gives_to_somebody_else, CertificateUntrusted),
    (with_a_certificate_that_the_register_does_not_know, CertificateRevoked),
    (with_the_signature_key, CertificateUntrusted),
    (with_another_ca, CertificateUntrusted),
    (with_revoked_certificate, CertificateRevoked),
    (with_algorithm_none, BadCardAnswer),
    (with_an_expired_card, CardExpired),
    (with_a_suspended_card, CardNotActive),
    (with_a_lock, AccountLocked),
]


@pytest.mark.parametrize(("change", "error"), CHANGES)
def test_one_change_to_a_good_activation_is_refused_and_kept__AC_18(
    world: World, change: Callable[[World], None], error: type[EidError]
) -> None:
    with pytest.raises(error):
        change(world)
    assert world.refusals() == [error.code]
    assert "AccountActivated" not in world.store.event_names()
    assert world.account().activated_at is None


def test_the_trail_says_the_word_behind_the_code(world: World) -> None:
    with pytest.raises(CertificateUntrusted):
        with_the_signature_key(world)
    (told,) = [event for event in world.store.events if isinstance(event, ActivationRefused)]
    assert (told.reason, told.because) == ("certificate_untrusted", "wrong_purpose")


@pytest.mark.parametrize(("change", "error"), CHANGES)
def test_after_a_refusal_the_holder_can_go_on__AC_22(
    world: World, change: Callable[[World], None], error: type[EidError]
) -> None:
    standings = {CardExpired, CardNotActive, AccountLocked, CertificateUntrusted}
    with pytest.raises(error):
        change(world)
    if error in standings or world.store.tables.revoked:
        return
    assert world.open().step == "proof"
    assert world.prove(world.ask()).step == "done"


def test_a_printed_day_ends_in_vietnam() -> None:
    at = datetime(2026, 3, 5, 17, 0, 0, tzinfo=UTC)  # midnight in Hanoi
    world = make_world(card={"valid_until": date(2026, 3, 5)})
    world.accept()
    nonce = world.ask(at=at)
    with pytest.raises(CardExpired):
        world.prove(nonce, at=at)
    before = at - SECOND
    assert world.prove(world.ask(at=before), at=before).step == "done"


# Rule 5: the challenge


@pytest.mark.parametrize("door", ["cards.standing", "keep"])
def test_a_crash_after_the_spending_keeps_the_challenge_spent__CV_01(
    world: World, monkeypatch: pytest.MonkeyPatch, door: str
) -> None:
    nonce = good_nonce(world)
    owner, _, name = door.rpartition(".")
    monkeypatch.setattr(getattr(world.store, owner) if owner else world.store, name, crash)
    with pytest.raises(Crash):
        world.prove(nonce)
    monkeypatch.undo()
    assert world.is_spent(nonce)
    with pytest.raises(ChallengeSpent):
        world.prove(nonce)
    assert world.account().status is AccountStatus.NOTIFIED


@pytest.mark.parametrize("nonce", ["", "\x00", "\ud800" * 44, "A" * 44])
def test_no_text_but_a_nonce_reaches_the_store__CV_02(
    world: World, monkeypatch: pytest.MonkeyPatch, nonce: str
) -> None:
    good_nonce(world)
    monkeypatch.setattr(world.store.challenges, "spend", crash)
    with pytest.raises(ChallengeSpent):
        world.prove(nonce, good_card().answer(ORIGIN, "unheard of"))


def test_no_answer_is_looked_at_before_the_challenge_is_spent__CV_01(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    nonce = good_nonce(world)
    monkeypatch.setattr(world.store.challenges, "spend", crash)
    monkeypatch.setattr("eid.activation.activate.claimed_answer", None)
    with pytest.raises(Crash):
        world.prove(nonce)
