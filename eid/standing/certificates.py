"""Telling the world which card certificates count: single answers, and the whole list."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from eid.domain.visit import Visit
from keys.errors import OcspRefused
from keys.pki.authority import CertificateAuthority
from keys.pki.crl import build_crl
from keys.pki.ocsp import Responder, build_answer, build_refusal, read_question, require_ours
from keys.pki.register import CertificateRecord, CertificateRegister

_PAGE: Final = 1000


@dataclass(frozen=True, slots=True)
class StatusPolicy:
    """How long an answer may be believed, and a list."""

    answer_lifetime: timedelta
    list_lifetime: timedelta


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

    async def answer(self, visit: Visit, request: bytes) -> bytes:
        """Answer an OCSP request (RFC 6960); what cannot be answered is refused in its words."""
        responder = await self._responder()
        try:
            question = read_question(request)
            require_ours(question, responder.issuer)
        except OcspRefused as refusal:
            return build_refusal(refusal)
        record = await self._register.find(question.serial)
        return build_answer(question, record, responder, visit.at, self._policy.answer_lifetime)

    async def revocation_list(self, visit: Visit) -> bytes:
        """Give the list of what does not count (RFC 5280 section 5), DER.

        It is made anew at half its life; whoever must know sooner asks for a single answer.
        """
        if self._list is None or not self._list[0] <= visit.at < self._renewed(self._list[0]):
            self._list = (visit.at, await self._build(visit.at))
        return self._list[1]

    def _renewed(self, made_at: datetime) -> datetime:
        return made_at + self._policy.list_lifetime / 2

    async def _build(self, at: datetime) -> bytes:
        records: list[CertificateRecord] = []
        while page := await self._register.barred(at, _last(records), _PAGE):
            records += page
        number = int(at.timestamp())  # it rises, whichever worker makes the list
        return build_crl(
            await self._authority(),
            records,
            number=number,
            at=at,
            lifetime=self._policy.list_lifetime,
        )


def _last(records: list[CertificateRecord]) -> int:
    return records[-1].serial if records else 0
