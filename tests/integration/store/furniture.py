"""Valid nouns put into a store, with everything that they point at; for tests of the store."""

from datetime import timedelta
from hashlib import sha256
from typing import Any

from builders import (
    NOW,
    make_account,
    make_card,
    make_card_certificate,
    make_case,
    make_citizen,
    make_client,
    make_electronic_card,
    make_session,
)

from eid.domain import changes as do
from eid.domain.account import Account
from eid.domain.activation import ActivationCase
from eid.domain.assurance import AuthenticationLevel
from eid.domain.card import CardCertificate, ChipCard
from eid.domain.facts import AccountFacts
from eid.domain.grant import AuthenticationSnapshot, AuthorizationCode, TokenGrant
from eid.domain.handles import digest
from eid.domain.holder import Holder
from eid.domain.identifiers import ClientId, GrantId
from eid.domain.session import LoginSession
from eid.ports import Store
from eid.store import StoreDoors
from keys.pki.register import CertificateRecord, CertificateStatus


class Furniture:
    """Puts valid nouns into a store, with everything that they point at."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def account(
        self,
        account: Account | None = None,
        holder: Holder | None = None,
        *,
        electronic: bool = True,
    ) -> AccountFacts:
        account, holder = account or make_account(), holder or make_citizen()
        changes: list[do.Change] = [do.AddHolder(holder), do.OpenAccount(account)]
        if electronic:
            key = sha256(account.id).digest()[:16]
            card = make_electronic_card(id=key, holder=holder.id, account=account.id)
            changes.append(do.AddElectronicCard(card))
        await self._store.keep(changes, ())
        found = await self._store.accounts.find(account.id)
        assert found
        return found

    async def numbered_account(self, number: int, **changes: Any) -> AccountFacts:
        """One of many different ones."""
        key = number.to_bytes(16, "big")
        holder = make_citizen(id=key, number=f"{number:012}")
        return await self.account(make_account(id=key, holder=key, **changes), holder)

    async def card(self, card: ChipCard | None = None, *certificates: CardCertificate) -> ChipCard:
        """A chip card with its certificates, which the register knows and calls good."""
        card = card or make_card()
        await self._store.keep([do.AddChipCard(card)], ())
        for certificate in certificates or (make_card_certificate(),):
            await self.certified(certificate)
            key = sha256(certificate.fingerprint).digest()
            await self._store.keep([do.AddCardCertificate(card.id, certificate, key)], ())
        return card

    async def certified(self, certificate: CardCertificate) -> None:
        if isinstance(self._store, StoreDoors):
            record = make_record(certificate)
            await self._store.certificates.reserve(record)
            await self._store.certificates.record(good(record, certificate.fingerprint))

    async def case(self, case: ActivationCase | None = None) -> ActivationCase:
        case = case or make_case()
        await self._store.keep([do.OpenCase(case)], ())
        return case

    async def session(
        self, owner: AccountFacts, session: LoginSession | None = None
    ) -> LoginSession:
        session = session or make_session(account=owner.account.id)
        await self._store.keep([do.AddSession(owner.standing, session)], ())
        return session

    async def client(self, name: str = "tax-portal") -> ClientId:
        client = make_client(id=ClientId(name))
        await self._store.keep([do.PutClient(client)], ())
        return client.id

    async def signed_in(self) -> tuple[AccountFacts, LoginSession, ClientId]:
        owner = await self.account()
        return owner, await self.session(owner), await self.client()

    async def code(self, code: str = "code", **changes: Any) -> AuthorizationCode:
        """A code with its grant, for the account, session and client that are there."""
        owner = await self._store.accounts.find(make_account().id)
        assert owner
        grant = make_grant(code)
        issued = make_code(code, grant, **changes)
        await self._store.keep([do.IssueCode(owner.standing, grant, issued)], ())
        return issued


def make_grant(name: str = "code", **changes: Any) -> TokenGrant:
    values: dict[str, Any] = {
        "id": GrantId(sha256(name.encode()).digest()[:16]),
        "client": ClientId("tax-portal"),
        "account": make_account().id,
        "session": make_session().id,
        "scope": ("openid", "profile"),
        "claims": frozenset({"name", "birthdate"}),
        "authenticated": AuthenticationSnapshot(
            AuthenticationLevel.LEVEL_2, ("sc", "pin"), NOW - timedelta(minutes=1)
        ),
        "granted_at": NOW,
    }
    return TokenGrant(**{**values, **changes})


def make_code(name: str, grant: TokenGrant, **changes: Any) -> AuthorizationCode:
    values: dict[str, Any] = {
        "hash": digest(name),
        "grant": grant.id,
        "client": grant.client,
        "redirect_uri": "https://tax.example/callback",
        "code_challenge": "challenge",
        "nonce": "nonce",
        "expires_at": NOW + timedelta(seconds=60),
    }
    return AuthorizationCode(**{**values, **changes})


def make_record(certificate: CardCertificate) -> CertificateRecord:
    return CertificateRecord(
        serial=certificate.serial,
        profile=certificate.profile,
        subject="CN=NGUYEN THI MAU,C=VN",
        not_before=NOW,
        not_after=certificate.not_after,
    )


def good(record: CertificateRecord, fingerprint: bytes) -> CertificateRecord:
    return CertificateRecord(
        record.serial,
        record.profile,
        record.subject,
        record.not_before,
        record.not_after,
        CertificateStatus.GOOD,
        fingerprint,
    )
