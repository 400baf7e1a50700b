"""The demo desk: puts an invented person into a situation, again and again.

It goes where the real lives of account and case do not (an active account does not become notified
again), so it builds the nouns it wants and keeps them through the same changes as everybody else.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final, Protocol

from eid.domain import changes as do
from eid.domain.account import AccountStatus, Lock, LockGround
from eid.domain.activation import ActivationCase, CaseStatus
from eid.domain.audit import DemoPersonArranged
from eid.domain.card import CardStatus, ElectronicCardStatus
from eid.domain.facts import AccountFacts, CardFacts, CaseFacts
from eid.domain.notice import Notice
from eid.domain.visit import Visit
from eid.errors import Conflict, UnknownPerson
from eid.ports import Store
from eid.standins.people import Person

_TRIES: Final = 3
_DESK: Final = "demo-desk"
_A_WEEK_AND_A_DAY: Final = timedelta(days=8)


class FreshNotice(Protocol):
    """What the desk needs of issuance: a case with a new link and code, and the notices of both."""

    def __call__(
        self, at: datetime, owner: AccountFacts, before: ActivationCase | None
    ) -> tuple[ActivationCase, Sequence[Notice]]:
        """Make them; a case from before goes on under its old id."""
        ...


@dataclass(frozen=True, slots=True)
class Situation:
    """How account, case and chip card stand.

    Attributes:
        lock: the ground of the lock, if any.
        revokes: whether the card's certificates are revoked.
        told_before: how long ago the holder was told.
    """

    account: AccountStatus
    case: CaseStatus | None
    card: CardStatus
    lock: LockGround | None = None
    revokes: bool = False
    told_before: timedelta = timedelta(0)


NOTIFIED: Final = Situation(AccountStatus.NOTIFIED, CaseStatus.OPEN, CardStatus.PERSONALISED)
ACTIVE: Final = Situation(AccountStatus.ACTIVE, CaseStatus.DONE, CardStatus.ACTIVE)
SITUATIONS: Final[dict[str, Situation]] = {
    "approved": Situation(AccountStatus.APPROVED, None, CardStatus.PERSONALISED),
    "notified": NOTIFIED,
    # The letter is old, too: it names the day on which self-service ended.
    "window_passed": replace(NOTIFIED, case=CaseStatus.ASSISTED, told_before=_A_WEEK_AND_A_DAY),
    "active": ACTIVE,
    "level_1": ACTIVE,
    "locked": replace(ACTIVE, account=AccountStatus.LOCKED, lock=LockGround.HOLDER_ASKED),
    "card_expired": ACTIVE,
    "certificate_revoked": replace(ACTIVE, revokes=True),
}
"""One row for each situation that the file of people may name."""

_ELECTRONIC: Final = {
    AccountStatus.ACTIVE: ElectronicCardStatus.ACTIVE,
    AccountStatus.LOCKED: ElectronicCardStatus.LOCKED,
}


@dataclass(frozen=True, slots=True)
class Found:
    """What the desk sees of a person before arranging."""

    owner: AccountFacts
    case: CaseFacts | None
    card: CardFacts | None


class DemoDesk:
    """Arranges invented people; exists in the demo environment alone."""

    def __init__(self, store: Store, people: Sequence[Person], fresh_notice: FreshNotice) -> None:
        self._store = store
        self._people = tuple(people)
        self._fresh_notice = fresh_notice

    def people(self) -> Sequence[Person]:
        """Everybody who can be arranged, in the order of the file."""
        return self._people

    async def arrange(self, visit: Visit, person: str) -> str:
        """Put a person, by key or number, into the situation of the file; give the name back.

        Also a reset: the sessions end, and where a notice is due it is a fresh one.

        Raises:
            UnknownPerson: nobody has this key or number, or has no account yet.
        """
        wanted = self._find(person)
        for attempt in range(_TRIES):
            found = await self._gather(wanted)
            outcome = decide_situation(visit, wanted, found, self._fresh_notice)
            try:
                await self._store.keep(*outcome)
            except Conflict:
                if attempt == _TRIES - 1:
                    raise
            else:
                break
        return wanted.name

    async def arrange_all(self, visit: Visit) -> int:
        """Arrange everybody who has an account; say how many."""
        done = 0
        for person in self._people:
            if await self._store.accounts.find_by_number(person.number):
                await self.arrange(visit, person.number)
                done += 1
        return done

    def _find(self, person: str) -> Person:
        for one in self._people:
            if person in {one.key, one.number} and one.situation in SITUATIONS:
                return one
        raise UnknownPerson("no such invented person")

    async def _gather(self, person: Person) -> Found:
        owner = await self._store.accounts.find_by_number(person.number)
        if owner is None:
            raise UnknownPerson("no account yet")
        case = await self._store.cases.find_by_account(owner.account.id)
        return Found(owner, case, await self._store.cards.find_by_holder(person.number))


def decide_situation(
    visit: Visit, person: Person, found: Found, fresh_notice: FreshNotice
) -> tuple[Sequence[do.Change], Sequence[DemoPersonArranged]]:
    """Say what must change so that the person stands in the situation of the file."""
    situation = SITUATIONS[person.situation]
    changes: list[do.Change] = [
        _move_account(visit.at, situation, found.owner),
        do.EndSessionsOf(found.owner.account.id, visit.at),
        *_move_electronic_card(situation, found.owner),
        *_move_case(visit.at, situation, found, fresh_notice),
        *_move_card(visit.at, situation, found.card),
    ]
    event = DemoPersonArranged(
        visit=visit, account=found.owner.account.id, situation=person.situation
    )
    return changes, (event,)


def _move_account(at: datetime, situation: Situation, owner: AccountFacts) -> do.MoveAccount:
    was_active = situation.account in {AccountStatus.ACTIVE, AccountStatus.LOCKED}
    account = replace(
        owner.account,
        status=situation.account,
        notified_at=None
        if situation.account is AccountStatus.APPROVED
        else at - situation.told_before,
        activated_at=at if was_active else None,
        locks=(Lock(situation.lock, _DESK, at),) if situation.lock else (),
    )
    return do.MoveAccount(account, owner.version)


def _move_electronic_card(situation: Situation, owner: AccountFacts) -> Sequence[do.Change]:
    if owner.electronic_card is None:
        return ()
    status = _ELECTRONIC.get(situation.account, ElectronicCardStatus.ISSUED)
    return (do.MoveElectronicCard(owner.electronic_card.id, status),)


def _move_case(
    at: datetime, situation: Situation, found: Found, fresh_notice: FreshNotice
) -> Sequence[do.Change]:
    """A case per account is unique: an old one is written over with a new link and code."""
    before = found.case.case if found.case else None
    if situation.case is None and before is None:
        return ()
    case, notices = fresh_notice(at - situation.told_before, found.owner, before)
    status = situation.case or CaseStatus.DONE
    case = replace(case, status=status)
    move = do.MoveCase(case, before.status) if before else do.OpenCase(case)
    told = notices if status in {CaseStatus.OPEN, CaseStatus.ASSISTED} else ()
    return (move, *(do.QueueNotice(notice) for notice in told))


def _move_card(at: datetime, situation: Situation, facts: CardFacts | None) -> Sequence[do.Change]:
    if facts is None or facts.card.status is CardStatus.ORDERED:
        return ()
    changes: list[do.Change] = []
    if facts.card.status is not situation.card:
        changes.append(do.MoveChipCard(facts.card.id, facts.card.status, situation.card))
    if situation.revokes and facts.certificate_good:
        changes += [
            # RFC 5280, 5.3.1: a reason that says nothing of the person.
            do.RevokeCertificate(certificate.serial, at, "cessationOfOperation")
            for certificate in facts.card.certificates
        ]
    return changes
