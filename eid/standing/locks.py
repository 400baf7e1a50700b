"""Lock and unlock an account, revoke a card: what follows what is in `following.py`."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from eid.domain import changes as do
from eid.domain.account import MOVES, AccountStatus, Lock, LockGround
from eid.domain.audit import AccountLocked, AccountUnlocked, AuditEvent, CertificateRevoked
from eid.domain.card import CARD_MOVES, CardStatus, ElectronicCardStatus
from eid.domain.facts import AccountFacts, CardFacts
from eid.domain.visit import Visit
from eid.errors import CardNotActive, Conflict, Malformed, Refused, UnknownPerson
from eid.ports import Store
from eid.standing.following import FOLLOWS
from eid.vietnam import rules
from keys.pki.register import RevocationReason

_TRIES: Final = 3
_IN_FORCE: Final = frozenset({CardStatus.PERSONALISED, CardStatus.ACTIVE})


@dataclass(frozen=True, slots=True)
class Holding:
    """What somebody holds here: the account, and the newest chip card if there is one."""

    owner: AccountFacts
    card: CardFacts | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """What changes and what is told."""

    changes: tuple[do.Change, ...] = ()
    events: tuple[AuditEvent, ...] = ()


class Standing:
    """Decides whether an account may be used."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def lock(self, visit: Visit, number: str, ground: LockGround, by: str) -> None:
        """Shut an account for one ground; the same ground again changes nothing.

        `by` names an office or a part of the system, never a person's number.

        Raises:
            UnknownPerson: nobody has an account under this number.
            Refused: the law has no such ground for this kind of holder.
            IllegalMove: the account was not notified yet, or is closed.
        """
        await self._settle(number, lambda held: decide_lock(visit, held, ground, by))

    async def unlock(self, visit: Visit, number: str, ground: LockGround, by: str) -> None:
        """Lift one lock; the account opens when no other stands.

        Raises:
            UnknownPerson: nobody has an account under this number.
            IllegalMove: no lock stands for this ground.
            CardNotActive: the lock is about a card, and no other card is in force (AC-21).
        """
        await self._settle(number, lambda held: decide_unlock(visit, held, ground, by))

    async def revoke_card(self, visit: Visit, number: str, reason: str, by: str = "issuer") -> None:
        """Revoke the newest chip card and its certificates, and lock the account for it.

        Args:
            visit: when, and under which trace.
            number: whose card.
            reason: a CRL reason, as RFC 5280, 5.3.1 spells it: `keyCompromise`, `superseded` …
            by: which office or part of the system.

        Raises:
            UnknownPerson: nobody has an account under this number, or there is no card.
            Malformed: not a reason.
            IllegalMove: the card is revoked or expired already.
        """
        try:
            why = RevocationReason(reason)
        except ValueError as error:
            raise Malformed("not a reason for revocation") from error
        await self._settle(number, lambda held: decide_revoke(visit, held, why, by))

    async def _settle(self, number: str, decide: Callable[[Holding], Outcome]) -> None:
        for attempt in range(_TRIES):
            outcome = decide(await self._gather(number))
            try:
                return await keep(self._store, outcome)
            except Conflict:
                if attempt == _TRIES - 1:
                    raise
        return None

    async def _gather(self, number: str) -> Holding:
        owner = await self._store.accounts.find_by_number(number)
        if owner is None:
            raise UnknownPerson("no account under this number")
        return Holding(owner, await self._store.cards.find_by_holder(number))


def keep(store: Store, outcome: Outcome) -> Awaitable[None]:
    """Keep an outcome."""
    return store.keep(outcome.changes, outcome.events)


def decide_lock(
    visit: Visit,
    held: Holding,
    ground: LockGround,
    by: str,
    reason: RevocationReason = RevocationReason.UNSPECIFIED,
) -> Outcome:
    """Say what a ground brings about, for account and e-ID card, sessions and chip card."""
    if not rules.may_lock(rules.kind_of(held.owner.holder), ground):
        raise Refused(f"no ground for this kind of holder: {ground}")
    account = _lock_account(visit, held.owner, ground, by)
    card = _follow_card(visit, held, ground, reason)
    return Outcome(account.changes + card.changes, account.events + card.events)


def decide_unlock(visit: Visit, held: Holding, ground: LockGround, by: str) -> Outcome:
    """Say what lifting a ground's lock brings about."""
    before = held.owner.account
    account = before.unlock(ground)
    if FOLLOWS[ground].ends_with_new_card and not _has_card_in_force(visit, held):
        raise CardNotActive("another card must be in force first")
    changes: list[do.Change] = [do.MoveAccount(account, held.owner.version)]
    if account.status is not AccountStatus.LOCKED and held.owner.electronic_card:
        opened = {AccountStatus.ACTIVE: ElectronicCardStatus.ACTIVE}
        status = opened.get(account.status, ElectronicCardStatus.ISSUED)
        changes.append(do.MoveElectronicCard(held.owner.electronic_card.id, status))
    event = AccountUnlocked(visit=visit, account=account.id, ground=ground.value, by=by)
    return Outcome(tuple(changes), (event,))


def decide_revoke(visit: Visit, held: Holding, reason: RevocationReason, by: str) -> Outcome:
    """Say what revoking the card brings about."""
    if held.card is None:
        raise UnknownPerson("there is no card")
    held.card.card.to(CardStatus.REVOKED)
    return decide_lock(visit, held, LockGround.CARD_REVOKED, by, reason)


def _lock_account(visit: Visit, owner: AccountFacts, ground: LockGround, by: str) -> Outcome:
    if AccountStatus.LOCKED not in MOVES[owner.account.status] and FOLLOWS[ground].chip_card:
        return Outcome()  # not in use yet or any more: the card goes its way alone
    account = owner.account.lock(Lock(ground, by, visit.at))
    if account is owner.account:
        return Outcome()
    changes: list[do.Change] = [
        do.MoveAccount(account, owner.version),
        # Who is signed in is out at once, and with the session its codes and tokens (AC-21).
        do.EndSessionsOf(account.id, visit.at),
    ]
    if owner.electronic_card:
        locked = ElectronicCardStatus.LOCKED
        changes.append(do.MoveElectronicCard(owner.electronic_card.id, locked))
    event = AccountLocked(visit=visit, account=account.id, ground=ground.value, by=by)
    return Outcome(tuple(changes), (event,))


def _follow_card(
    visit: Visit, held: Holding, ground: LockGround, reason: RevocationReason
) -> Outcome:
    follows, facts = FOLLOWS[ground], held.card
    if facts is None or follows.chip_card not in CARD_MOVES[facts.card.status]:
        return Outcome()
    changes: list[do.Change] = []
    events: list[AuditEvent] = []
    if follows.chip_card:
        changes.append(do.MoveChipCard(facts.card.id, facts.card.status, follows.chip_card))
    if follows.revokes_certificates and facts.certificate_good:
        for certificate in facts.card.certificates:
            changes.append(do.RevokeCertificate(certificate.serial, visit.at, reason.value))
            events.append(
                CertificateRevoked(
                    visit=visit,
                    account=held.owner.account.id,
                    serial=f"{certificate.serial:x}",
                    reason=reason.value,
                )
            )
    return Outcome(tuple(changes), tuple(events))


def _has_card_in_force(visit: Visit, held: Holding) -> bool:
    if held.card is None or held.card.card.status not in _IN_FORCE:
        return False
    is_expired = held.card.card.is_expired(rules.local_day(visit.at))
    return held.card.certificate_good and not is_expired
