"""Telling holders that their account waits for them: a link by letter, a code by message.

Link and code travel apart, so that neither a stolen letter nor a stolen telephone is enough; the
text message carries no link at all (AC-20). Both are made here and kept only as their hashes.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from eid.domain import changes as do
from eid.domain import handles
from eid.domain.activation import ActivationCase, CaseStatus
from eid.domain.audit import HolderNotified
from eid.domain.facts import AccountFacts, CaseFacts
from eid.domain.holder import Holder, Organisation
from eid.domain.identifiers import AccountId, CaseId, NoticeId, new_id
from eid.domain.notice import Channel, Notice
from eid.domain.visit import Visit
from eid.errors import Conflict, Unavailable
from eid.issuance.policy import NoticePolicy
from eid.issuance.sealed import Content, seal, unseal
from eid.ports import Notifier, Store
from eid.proofs import activation_code
from eid.vietnam import rules
from keys.errors import SealBroken
from keys.sealing import Sealer

_LOG: Final = logging.getLogger(__name__)
_PAGE: Final = 100
_FIRST_WAIT: Final = timedelta(minutes=1)
_LONGEST_WAIT: Final = timedelta(hours=6)
_MOST_DOUBLINGS: Final = 16
_LOCAL_TIME: Final = "%H:%M %d/%m/%Y"


class Notices:
    """Makes notices and puts them on their way."""

    def __init__(self, store: Store, sealer: Sealer, policy: NoticePolicy) -> None:
        self._store = store
        self._sealer = sealer
        self._policy = policy

    async def notify(self, visit: Visit, owner: AccountFacts) -> None:
        """Tell one holder: the seven days of activation begin.

        Raises:
            IllegalMove: the account is past being notified.
            Conflict: it moved on meanwhile.
        """
        before = await self._store.cases.find_by_account(owner.account.id)
        account = owner.account.notify(visit.at)
        case, notices = self.fresh(visit.at, owner, before.case if before else None)
        changes: list[do.Change] = [
            do.MoveAccount(account, owner.version),
            _keep_case(case, before),
            *map(do.QueueNotice, notices),
        ]
        event = HolderNotified(visit=visit, account=account.id, case=case.id)
        await self._store.keep(changes, [event])

    async def notify_due(self, visit: Visit) -> int:
        """Tell everybody whose account is approved and whose card, where due, is ready.

        Say how many. Whoever moved on meanwhile is left for the next run.
        """
        told = 0
        left: set[AccountId] = set()
        while page := await self._fresh_page(left):
            for owner in page:
                try:
                    await self.notify(visit, owner)
                    told += 1
                except Conflict:
                    left.add(owner.account.id)
        return told

    def fresh(
        self, at: datetime, owner: AccountFacts, before: ActivationCase | None
    ) -> tuple[ActivationCase, Sequence[Notice]]:
        """A case with a new link and code, and the two notices that carry them.

        A case from before goes on under its old identifier: the old link and code are dead with
        that (AC-02), and nobody ever has two.
        """
        link = handles.make()
        code = activation_code.make(self._policy.code_length)
        link_hash = handles.digest(link)
        case = ActivationCase(
            id=before.id if before else CaseId(new_id()),
            account=owner.account.id,
            link_hash=link_hash,
            code_hash=activation_code.code_hash(self._policy.code_key, link_hash, code),
            attempts_left=self._policy.attempts,
            self_service_until=rules.self_service_until(at),
            status=CaseStatus.OPEN,
        )
        values = {
            "name": display_name(owner.holder),
            "link": f"{self._policy.link_base}{link}",
            "until": f"{case.self_service_until.astimezone(rules.VIETNAM):{_LOCAL_TIME}}",
        }
        contact = owner.holder.contact
        address = contact.email or display_name(owner.holder)
        # Without a telephone the code comes in a letter of its own, as a card's PIN does.
        channel, to = (
            (Channel.MESSAGE, contact.phone) if contact.phone else (Channel.LETTER, address)
        )
        return case, (
            self._notice(at, owner, Channel.LETTER, "activation_letter", Content(address, values)),
            self._notice(at, owner, channel, "activation_code", Content(to, {"code": code})),
        )

    async def _fresh_page(self, left: set[AccountId]) -> list[AccountFacts]:
        page = await self._store.time.accounts_to_notify(_PAGE + len(left))
        return [owner for owner in page if owner.account.id not in left]

    def _notice(
        self, at: datetime, owner: AccountFacts, channel: Channel, template: str, content: Content
    ) -> Notice:
        notice_id = NoticeId(new_id())
        sealed = seal(self._sealer, notice_id, content)
        return Notice(notice_id, owner.account.id, channel, template, sealed, at)


@dataclass(frozen=True, slots=True)
class DeliveryReport:
    """How many notices went out, and how many wait for another try."""

    delivered: int
    postponed: int


class Deliveries:
    """Empties the outbox."""

    def __init__(self, store: Store, sealer: Sealer, notifier: Notifier) -> None:
        self._store = store
        self._sealer = sealer
        self._notifier = notifier

    async def run(self, visit: Visit) -> DeliveryReport:
        """Send all that is due now.

        A process that dies between sending and saying so sends again after the claim has run out:
        a notice may come twice, but it is not lost.
        """
        delivered = postponed = 0
        while claimed := await self._store.outbox.claim(_PAGE, visit.at):
            for notice in claimed:
                if await self._send(visit, notice):
                    delivered += 1
                else:
                    postponed += 1
        return DeliveryReport(delivered, postponed)

    async def _send(self, visit: Visit, notice: Notice) -> bool:
        try:
            content = unseal(self._sealer, notice.id, notice.sealed)
            await self._notifier.send(
                notice.channel, notice.template, content.values, content.to, visit.at
            )
        except (Unavailable, SealBroken) as error:
            _LOG.warning("notice %s waits: %s", notice.id.hex(), error.code)
            await self._store.outbox.retry(notice.id, visit.at + wait_after(notice.attempts))
            return False
        await self._store.outbox.done(notice.id, visit.at)
        return True


def display_name(holder: Holder) -> str:
    """How a letter addresses a holder."""
    return holder.names["vi"] if isinstance(holder, Organisation) else holder.name.full


def _keep_case(case: ActivationCase, before: CaseFacts | None) -> do.Change:
    return do.MoveCase(case, before.case.status) if before else do.OpenCase(case)


def wait_after(attempts: int) -> timedelta:
    """How long to wait after so many attempts: a minute, doubled each time, six hours at most."""
    doublings = min(max(attempts - 1, 0), _MOST_DOUBLINGS)
    return min(_FIRST_WAIT * (1 << doublings), _LONGEST_WAIT)
