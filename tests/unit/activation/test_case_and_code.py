from datetime import datetime, timedelta
from typing import Any

import pytest
from builders import BROWSER, HOUR, NOW, make_visit
from unit.activation.activation_world import (
    CODE,
    LINK,
    OTHER_BROWSER,
    POLICY,
    WRONG,
    Crash,
    World,
    crash,
    make_world,
)
from unit.good_cards import run, trust

from eid.activation.activate import Activation
from eid.domain.account import AccountStatus, Lock, LockGround
from eid.domain.activation import CaseStatus
from eid.domain.card import CardStatus
from eid.domain.changes import MoveCase
from eid.domain.handles import digest
from eid.errors import (
    AccountLocked,
    AlreadyActive,
    CardNotActive,
    CodeNeeded,
    CodeWrong,
    Conflict,
    EidError,
    ForeignBrowser,
    NeedsAssistance,
    UnknownCase,
)

LOCK = Lock(LockGround.HOLDER_ASKED, "holder", NOW - HOUR)
UNTIL = NOW + timedelta(days=7)
SECOND = timedelta(seconds=1)


@pytest.fixture
def world() -> World:
    return make_world()


# Opening


def test_a_letter_opens_its_case_at_the_code(world: World) -> None:
    view = world.open()
    assert (view.step, view.attempts_left, view.until, view.has_card) == ("code", 5, UNTIL, True)


def test_opening_changes_nothing(world: World) -> None:
    before = (world.case(), world.account(), list(world.store.events))
    world.open(at=UNTIL)
    assert (world.case(), world.account(), world.store.events) == before


@pytest.mark.parametrize("link", ["", "another", "\x00", "\ud800", LINK.upper()])
def test_another_link_opens_nothing(world: World, link: str) -> None:
    with pytest.raises(UnknownCase):
        world.open(link)
    with pytest.raises(UnknownCase):
        world.accept(link=link)
    with pytest.raises(UnknownCase):
        world.ask(link=link)


@pytest.mark.parametrize("status", [AccountStatus.APPROVED, AccountStatus.CLOSED])
def test_there_is_no_case_before_the_notice_and_after_the_closing__AC_01(
    status: AccountStatus,
) -> None:
    world = make_world(account={"status": status})
    with pytest.raises(UnknownCase):
        world.open()
    with pytest.raises(UnknownCase):
        world.accept()
    assert world.account().status is status


STEPS: list[tuple[dict[str, Any], str]] = [
    ({"account": {"status": AccountStatus.ACTIVE}}, "done"),
    ({"account": {"status": AccountStatus.LOCKED, "locks": (LOCK,)}}, "locked"),
    ({"case": {"status": CaseStatus.ASSISTED}}, "assisted"),
    ({"case": {"self_service_until": NOW}}, "assisted"),
    ({"case": {"attempts_left": 0}}, "assisted"),
    (
        {"case": {"status": CaseStatus.CODE_ACCEPTED, "browser_hash": digest(BROWSER)}},
        "proof",
    ),
    (
        {"case": {"status": CaseStatus.CODE_ACCEPTED, "browser_hash": digest(OTHER_BROWSER)}},
        "code",
    ),
    (
        {
            "case": {
                "status": CaseStatus.CODE_ACCEPTED,
                "browser_hash": digest(BROWSER),
                "attempts_left": 0,
            }
        },
        "proof",
    ),
    (
        {
            "account": {"status": AccountStatus.LOCKED, "locks": (LOCK,)},
            "case": {"status": CaseStatus.DONE},
        },
        "locked",
    ),
]


@pytest.mark.parametrize(("changes", "step"), STEPS)
def test_a_case_is_shown_where_it_stands(changes: dict[str, Any], step: str) -> None:
    assert make_world(**changes).open().step == step


@pytest.mark.parametrize(
    "status", sorted(set(CardStatus) - {CardStatus.PERSONALISED, CardStatus.ACTIVE})
)
def test_a_card_that_proves_nothing_is_no_card(status: CardStatus) -> None:
    assert not make_world(card={"status": status}).open().has_card


def test_a_holder_without_a_card_is_told_so() -> None:
    world = make_world(has_card=False)
    assert not world.open().has_card
    assert not world.accept().has_card
    with pytest.raises(CardNotActive):
        world.ask()
    assert world.refusals() == ["card_not_active"]


# The code


def test_the_right_code_leads_to_the_proof_in_this_browser__AC_06(world: World) -> None:
    assert world.accept().step == "proof"
    assert world.case().status is CaseStatus.CODE_ACCEPTED
    assert world.case().browser_hash == digest(BROWSER)
    assert world.store.event_names() == ["CodeAccepted"]
    assert world.open().step == "proof"
    assert world.open(browser=OTHER_BROWSER).step == "code"


def test_a_right_code_has_used_its_attempt__AC_04(world: World) -> None:
    assert world.accept().attempts_left == 4
    assert world.case().attempts_left == 4


def test_nothing_is_lost_by_closing_the_page__AC_22(world: World) -> None:
    world.accept()
    reopened = Activation(world.store, trust(), POLICY)
    assert run(reopened.open(make_visit(NOW + HOUR), LINK, BROWSER)).step == "proof"
    assert run(reopened.ask(make_visit(NOW + HOUR), LINK, BROWSER)).nonce


def test_a_code_accepted_elsewhere_must_be_typed_again_here__AC_06(world: World) -> None:
    world.accept(browser=OTHER_BROWSER)
    with pytest.raises(CodeNeeded):
        world.ask()
    assert world.accept().step == "proof"
    with pytest.raises(CodeNeeded):
        world.ask(browser=OTHER_BROWSER)


def test_a_wrong_code_says_how_many_attempts_are_left__AC_04(world: World) -> None:
    left = []
    for _ in range(4):
        with pytest.raises(CodeWrong) as wrong:
            world.accept(WRONG)
        left.append(wrong.value.attempts_left)
    assert left == [4, 3, 2, 1]
    assert world.refusals() == ["code_wrong"] * 4
    assert world.accept().step == "proof"


def test_the_last_wrong_code_ends_self_service__AC_04(world: World) -> None:
    for _ in range(4):
        with pytest.raises(CodeWrong):
            world.accept(WRONG)
    with pytest.raises(NeedsAssistance):
        world.accept(WRONG)
    assert world.case().status is CaseStatus.ASSISTED
    assert world.refusals()[-2:] == ["code_wrong", "needs_assistance"]
    with pytest.raises(NeedsAssistance):
        world.accept()
    assert world.open().step == "assisted"
    assert world.account().status is AccountStatus.NOTIFIED


def test_the_last_attempt_may_be_the_right_one__AC_04() -> None:
    world = make_world(case={"attempts_left": 1})
    assert world.accept().step == "proof"
    assert world.case().attempts_left == 0
    assert world.accept(WRONG).step == "proof"  # no attempt is left: nothing was looked at
    with pytest.raises(NeedsAssistance):
        world.accept(browser=OTHER_BROWSER)
    assert world.case().status is CaseStatus.CODE_ACCEPTED
    assert world.prove(world.ask()).step == "done"


def test_who_has_the_link_alone_undoes_no_accepted_code__AC_06(world: World) -> None:
    """Wrong codes elsewhere count, and then nothing more can be tried; the proof goes on here."""
    world.accept()
    for _ in range(4):
        with pytest.raises(CodeWrong):
            world.accept(WRONG, OTHER_BROWSER)
    with pytest.raises(NeedsAssistance):
        world.accept(WRONG, OTHER_BROWSER)
    assert world.case().status is CaseStatus.CODE_ACCEPTED
    assert world.ask()


@pytest.mark.parametrize(
    ("at", "step"),
    [(UNTIL - SECOND, "code"), (UNTIL, "assisted"), (UNTIL + timedelta(days=900), "assisted")],
)
def test_self_service_ends_at_its_instant__AC_03(world: World, at: datetime, step: str) -> None:
    assert world.open(at=at).step == step


def test_after_the_window_the_case_goes_to_assistance__AC_03(world: World) -> None:
    for _ in range(2):
        with pytest.raises(NeedsAssistance):
            world.accept(at=UNTIL)
    assert world.case().status is CaseStatus.ASSISTED
    assert world.case().attempts_left == 5
    names = world.store.event_names()
    assert names == ["WindowPassed", "ActivationRefused", "ActivationRefused"]


def test_the_window_ends_an_accepted_code_as_well__AC_03(world: World) -> None:
    world.accept()
    nonce = world.ask(at=UNTIL - SECOND)
    with pytest.raises(NeedsAssistance):
        world.prove(nonce, at=UNTIL)
    assert world.case().status is CaseStatus.ASSISTED
    assert world.account().status is AccountStatus.NOTIFIED


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"account": {"status": AccountStatus.ACTIVE}}, AlreadyActive),
        ({"account": {"status": AccountStatus.LOCKED, "locks": (LOCK,)}}, AccountLocked),
        ({"case": {"status": CaseStatus.ASSISTED}}, NeedsAssistance),
        ({"case": {"attempts_left": 0}}, NeedsAssistance),
    ],
)
@pytest.mark.parametrize("code", [CODE, WRONG])
def test_right_and_wrong_codes_are_told_alike_where_no_code_counts(
    changes: dict[str, Any], error: type[EidError], code: str
) -> None:
    world = make_world(**changes)
    with pytest.raises(error):
        world.accept(code)
    assert world.refusals() == [error.code]
    with pytest.raises(error):
        world.ask()


def test_attempts_that_ran_out_unseen_are_seen_later() -> None:
    world = make_world(case={"attempts_left": 0})  # a crash after the last was taken
    with pytest.raises(NeedsAssistance):
        world.accept()
    assert world.case().status is CaseStatus.ASSISTED


def test_a_browser_without_a_name_is_refused__AC_06(world: World) -> None:
    with pytest.raises(ForeignBrowser):
        world.accept(browser="")
    with pytest.raises(ForeignBrowser):
        world.ask(browser="")
    assert world.case().attempts_left == 5


# Rule 5: the attempt


@pytest.mark.parametrize("code", [CODE, WRONG])
def test_a_crash_after_taking_an_attempt_keeps_it_used__AC_04(
    world: World, monkeypatch: pytest.MonkeyPatch, code: str
) -> None:
    monkeypatch.setattr(world.store, "keep", crash)
    with pytest.raises(Crash):
        world.accept(code)
    assert world.case().attempts_left == 4
    assert world.case().status is CaseStatus.OPEN


def test_no_code_is_looked_at_before_an_attempt_is_taken__AC_04(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world.store.cases, "take_attempt", crash)
    monkeypatch.setattr("eid.proofs.activation_code.matches", None)
    with pytest.raises(Crash):
        world.accept()


def test_a_case_that_moved_meanwhile_takes_no_code(world: World) -> None:
    assisted = world.case().to(CaseStatus.ASSISTED)

    async def meanwhile() -> None:
        await world.store.keep([MoveCase(assisted, CaseStatus.OPEN)], ())

    world.store.before_keep = meanwhile
    with pytest.raises(Conflict):
        world.accept()
    assert world.refusals() == ["conflict"]
    assert world.case().status is CaseStatus.ASSISTED
