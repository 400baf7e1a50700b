"""Telling the world which card certificates count: single answers, and the whole list."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from eid.domain.visit import Visit
from keys.errors import OcspRefused
from keys.pki.authority import CertificateAuthority
from keys.pki.crl import build_crl
from keys.pki.ocsp import Responder, build_answer, build_refusal, read_question, require_ours
from keys.pki.register import CertificateRecord, CertificateRegister

_PAGE: Final = 1000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class StatusPolicy:
    """How long an answer may be believed, and a list; how often there is a new list."""

    answer_lifetime: timedelta
    list_lifetime: timedelta
    list_every: timedelta


class CertificateStatuses:
    """Answers from the register itself: what was revoked a moment ago is said so."""

    def __init__(
        self,
        register: CertificateRegister,
        responder: Callable[[], Awaitable[Responder]],
        authority: Callable[[], Awaitable[CertificateAuthority]],
        policy: StatusPolicy,
    ) -> None:
        self._register = register
        self._responder = responder
        self._authority = authority
        self._policy = policy
        self._list: tuple[datetime, bytes] | None = None
        self._one_builds = asyncio.Lock()

    async def answer(self, visit: Visit, request: bytes) -> bytes:
        """Answer an OCSP request (RFC 6960); what cannot be answered is refused in its words."""
        try:
            responder = await self._responder()
            question = read_question(request)
            require_ours(question, responder.issuer)
        except OcspRefused as refusal:
            return build_refusal(refusal)
        record = await self._register.find(question.serial)
        return build_answer(question, record, responder, visit.at, self._policy.answer_lifetime)

    async def revocation_list(self, visit: Visit) -> bytes:
        """Give the list of what does not count (RFC 5280 section 5), DER.

        It says what stood in the register at the last full hour (or whatever `list_every` is), so
        that every worker hands out the same list under the same number. Whoever must know sooner
        asks for a single answer.
        """
        begin = _floor(visit.at, self._policy.list_every)
        if self._list is None or self._list[0] != begin:
            async with self._one_builds:
                if self._list is None or self._list[0] != begin:
                    self._list = (begin, await self._build(begin))
        return self._list[1]

    async def _build(self, begin: datetime) -> bytes:
        records: list[CertificateRecord] = []
        while page := await self._register.barred(begin, _last(records), _PAGE):
            records += page
        authority = await self._authority()
        return await asyncio.to_thread(
            build_crl,
            authority,
            [record for record in records if record.revoked_at and record.revoked_at <= begin],
            number=int(begin.timestamp()),
            at=begin,
            lifetime=self._policy.list_lifetime,
        )


def _floor(at: datetime, every: timedelta) -> datetime:
    return at - (at - _EPOCH) % every


def _last(records: list[CertificateRecord]) -> int:
    return records[-1].serial if records else 0
