import asyncio
from datetime import timedelta

import pytest
from builders import BROWSER, HOUR, NOW, make_visit
from interleaving import interleaved
from pki_for_tests import SoftCard
from unit.activation.activation_world import (
    CODE,
    LINK,
    ORIGIN,
    POLICY,
    WRONG,
    World,
    make_world,
)
from unit.good_cards import good_card, run, trust

from eid.activation.activate import Activation
from eid.domain.account import Lock, LockGround
from eid.domain.activation import CaseStatus
from eid.domain.assurance import CARD_SIGNATURE
from eid.domain.card import CardStatus
from eid.domain.challenge import ChallengeAnswer
from eid.domain.changes import MoveAccount
from eid.domain.identifiers import PersonalNumber
from eid.errors import (
    AlreadyActive,
    ChallengeSpent,
    CodeWrong,
    Conflict,
    EidError,
    WrongHolder,
)

LOCK = Lock(LockGround.HOLDER_ASKED, "holder", NOW - HOUR)
UNTIL = NOW + timedelta(days=7)
SECOND = timedelta(seconds=1)


@pytest.fixture
def world() -> World:
    return make_world()


# Many at once


async def fifty_codes(activation: Activation, code: str) -> list[object]:
    tries = [activation.accept_code(make_visit(), LINK, code, BROWSER) for _ in range(50)]
    return list(await asyncio.gather(*tries, return_exceptions=True))


def signed(card: SoftCard, nonce: str) -> ChallengeAnswer:
    return ChallengeAnswer(CARD_SIGNATURE.name, nonce, card.answer(ORIGIN, nonce))


def test_parallel_wrong_codes_are_no_more_than_the_attempts__TH_03(world: World) -> None:
    world.activation = Activation(interleaved(world.store), trust(), POLICY)
    compared = run(fifty_codes(world.activation, WRONG))
    wrong = [result for result in compared if isinstance(result, CodeWrong)]
    assert len(wrong) == 4
    assert {result.attempts_left for result in wrong} == {1, 2, 3, 4}
    assert world.case().status is CaseStatus.ASSISTED


def fifty(world: World, nonces: list[str]) -> list[object]:
    """Prove with each nonce at the same time, every statement mixed with the others'."""
    busy = Activation(interleaved(world.store), trust(), POLICY)
    card: SoftCard = good_card()

    async def all_at_once() -> list[object]:
        visit = make_visit()
        tries = [busy.prove(visit, LINK, BROWSER, signed(card, nonce)) for nonce in nonces]
        return list(await asyncio.gather(*tries, return_exceptions=True))

    return run(all_at_once())


@pytest.mark.parametrize("is_one_nonce", [True, False])
def test_fifty_parallel_activations_are_one__AC_05(
    world: World,
    is_one_nonce: bool,  # noqa: FBT001
) -> None:
    world.accept()
    nonces = [world.ask()] * 50 if is_one_nonce else [world.ask() for _ in range(50)]
    results = fifty(world, nonces)
    errors = [result for result in results if isinstance(result, EidError)]
    assert len(errors) == 49
    assert {type(error) for error in errors} <= {ChallengeSpent, Conflict, AlreadyActive}
    assert world.store.event_names().count("AccountActivated") == 1
    assert len(world.refusals()) == 49
    (_, version), *_ = world.store.tables.accounts.values()
    assert version == 2
    assert world.open().step == "done"


def test_fifty_parallel_right_codes_lead_to_one_acceptance_and_one_activation__AC_05(
    world: World,
) -> None:
    busy = Activation(interleaved(world.store), trust(), POLICY)
    results = run(fifty_codes(busy, CODE))
    assert world.store.event_names().count("CodeAccepted") >= 1
    assert sum(not isinstance(result, EidError) for result in results) >= 1
    assert world.case().status is CaseStatus.CODE_ACCEPTED
    assert world.prove(world.ask()).step == "done"
    assert world.store.event_names().count("AccountActivated") == 1


def test_a_lock_set_meanwhile_wins_and_is_kept(world: World) -> None:
    world.accept()
    nonce = world.ask()
    locked = world.account().lock(LOCK)

    async def lock() -> None:
        await world.store.keep([MoveAccount(locked, 1)], ())

    world.store.before_keep = lock
    with pytest.raises(Conflict):
        world.prove(nonce)
    assert world.account() == locked
    assert world.card().status is CardStatus.PERSONALISED
    assert world.refusals() == ["conflict"]
    assert world.is_spent(nonce)


def test_asking_does_not_try_for_ever(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.accept()
    tries: list[object] = []

    async def conflict(*changes: object) -> None:
        tries.append(changes)
        raise Conflict

    monkeypatch.setattr(world.store, "keep", conflict)
    with pytest.raises(Conflict):
        world.ask()
    assert len(tries) == 3


def test_a_policy_does_not_show_its_key() -> None:
    assert repr(POLICY.code_key) not in repr(POLICY)


def test_a_foreign_proof_is_of_no_use_to_this_holder() -> None:
    world = make_world(holder={"number": PersonalNumber("001190000002")})
    with pytest.raises(WrongHolder):
        world.activate()
