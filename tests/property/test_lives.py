"""Whatever is done to a noun, in whatever order: its life stays one that the law knows."""

from datetime import datetime, timedelta

from builders import NOW, make_account, make_card, make_case
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from eid.domain.account import Account, AccountStatus, Lock, LockGround
from eid.domain.activation import CaseStatus
from eid.domain.card import CardStatus
from eid.errors import IllegalMove

grounds = st.sampled_from(LockGround)


class AccountLife(RuleBasedStateMachine):
    """Against a model: which grounds stand, whether it was told, activated, closed."""

    def __init__(self) -> None:
        super().__init__()
        self.account: Account = make_account(
            status=AccountStatus.APPROVED, notified_at=None, activated_at=None
        )
        self.grounds: set[LockGround] = set()
        self.told = self.activated = self.closed = False
        self.at = NOW

    def later(self) -> datetime:
        self.at += timedelta(hours=1)
        return self.at

    @rule()
    def notify(self) -> None:
        may = not self.activated and not self.closed and not self.grounds
        try:
            self.account = self.account.notify(self.later())
        except IllegalMove:
            assert not may
            return
        assert may
        self.told = True

    @rule()
    def activate(self) -> None:
        may = self.told and not self.activated and not self.closed and not self.grounds
        try:
            self.account = self.account.activate(self.later())
        except IllegalMove:
            assert not may
            return
        assert may
        self.activated = True

    @rule(ground=grounds)
    def lock(self, ground: LockGround) -> None:
        before = self.account
        try:
            self.account = self.account.lock(Lock(ground, "system", self.later()))
        except IllegalMove:
            assert not self.told or self.closed
            return
        if ground in self.grounds:
            assert self.account is before
        self.grounds.add(ground)

    @rule(ground=grounds)
    def unlock(self, ground: LockGround) -> None:
        try:
            self.account = self.account.unlock(ground)
        except IllegalMove:
            assert self.closed or ground not in self.grounds
            return
        assert not self.closed
        self.grounds.remove(ground)

    @rule()
    def close(self) -> None:
        try:
            self.account = self.account.close()
        except IllegalMove:
            assert self.closed
            return
        assert not self.closed
        self.closed = True

    @invariant()
    def the_status_follows_from_what_happened(self) -> None:
        if self.closed:
            expected = AccountStatus.CLOSED
        elif self.grounds:
            expected = AccountStatus.LOCKED
        elif self.activated:
            expected = AccountStatus.ACTIVE
        else:
            expected = AccountStatus.NOTIFIED if self.told else AccountStatus.APPROVED
        assert self.account.status is expected

    @invariant()
    def every_standing_ground_is_named_once(self) -> None:
        named = [lock.ground for lock in self.account.locks]
        assert sorted(named) == sorted(self.grounds)

    @invariant()
    def what_happened_is_not_forgotten(self) -> None:
        assert (self.account.notified_at is not None) is self.told
        assert (self.account.activated_at is not None) is self.activated


class CardLife(RuleBasedStateMachine):
    """A chip card: it comes into force once it is personalised, and its end is its end."""

    def __init__(self) -> None:
        super().__init__()
        self.card = make_card(status=CardStatus.ORDERED)
        self.been = [CardStatus.ORDERED]

    @rule(status=st.sampled_from(CardStatus))
    def move(self, status: CardStatus) -> None:
        try:
            self.card = self.card.to(status)
        except IllegalMove:
            return
        self.been.append(status)

    @invariant()
    def nothing_follows_the_end(self) -> None:
        ends = {CardStatus.REVOKED, CardStatus.EXPIRED}
        assert not ends & set(self.been[:-1])

    @invariant()
    def no_card_is_in_force_before_it_is_personalised(self) -> None:
        in_force = {CardStatus.ACTIVE, CardStatus.SUSPENDED} & set(self.been)
        assert not in_force or self.been[1] is CardStatus.PERSONALISED

    @invariant()
    def no_two_statuses_in_a_row_are_the_same(self) -> None:
        assert all(one is not two for one, two in zip(self.been, self.been[1:], strict=False))

    @invariant()
    def only_the_status_moves(self) -> None:
        assert self.card == make_card(status=self.card.status)


class CaseLife(RuleBasedStateMachine):
    """An activation case: it does not die, and once done it is done."""

    def __init__(self) -> None:
        super().__init__()
        self.case = make_case()
        self.been = [CaseStatus.OPEN]

    @rule(status=st.sampled_from(CaseStatus))
    def move(self, status: CaseStatus) -> None:
        try:
            self.case = self.case.to(status)
        except IllegalMove:
            return
        self.been.append(status)

    @invariant()
    def nothing_follows_done(self) -> None:
        assert CaseStatus.DONE not in self.been[:-1]

    @invariant()
    def every_case_can_still_be_done(self) -> None:
        if self.case.status is not CaseStatus.DONE:
            assert self.case.to(CaseStatus.DONE).status is CaseStatus.DONE

    @invariant()
    def an_assisted_case_does_not_go_on_by_itself(self) -> None:
        for one, two in zip(self.been, self.been[1:], strict=False):
            if one is CaseStatus.ASSISTED:
                assert two in {CaseStatus.OPEN, CaseStatus.DONE}


SHORT = settings(max_examples=60, stateful_step_count=25, deadline=None)
AccountLife.TestCase.settings = SHORT
CardLife.TestCase.settings = SHORT
CaseLife.TestCase.settings = SHORT

TestAccountLife = AccountLife.TestCase
TestCardLife = CardLife.TestCase
TestCaseLife = CaseLife.TestCase
