"""Nouns for tests: valid by default, one argument changes one thing. All people are invented."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Any

from fakes import MemoryStore

from eid.domain.account import Account, AccountStatus
from eid.domain.activation import ActivationCase, CaseStatus
from eid.domain.agency import Agency, Client, ClientAuthentication, ClientProfile
from eid.domain.assurance import CARD_SIGNATURE, AccountLevel, AuthenticationLevel
from eid.domain.card import (
    CardCertificate,
    CardDocument,
    CardStatus,
    ChipCard,
    ElectronicCard,
    ElectronicCardStatus,
)
from eid.domain.changes import (
    AddCardCertificate,
    AddChipCard,
    AddElectronicCard,
    AddHolder,
    AddSession,
    Change,
    OpenAccount,
    OpenCase,
    PutClient,
    Standing,
)
from eid.domain.handles import digest
from eid.domain.holder import Citizen, Contact, Foreigner, Organisation, PersonName, Sex
from eid.domain.identifiers import (
    AccountId,
    AgencyId,
    CardId,
    CaseId,
    ClientId,
    CountryCode,
    DocumentNumber,
    ElectronicCardId,
    HolderId,
    PersonalNumber,
    SessionId,
)
from eid.domain.session import AuthenticationEvent, LoginSession
from eid.domain.visit import Visit

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)  # a Monday
HOUR = timedelta(hours=1)
SECRET = "invented-client-secret-of-the-tests-0123456"
SESSION = "session-cookie-of-the-tests"
BROWSER = "browser-cookie-of-the-tests"


def identifier(name: str) -> bytes:
    """Sixteen bytes that are the same in every run."""
    return sha256(name.encode()).digest()[:16]


def make_visit(at: datetime = NOW, trace: str = "trace-1") -> Visit:
    return Visit(at, trace)


def make_citizen(**changes: Any) -> Citizen:
    citizen = Citizen(
        id=HolderId(identifier("holder")),
        number=PersonalNumber("001190000001"),
        name=PersonName("Nguyễn Thị Mẫu", "NGUYEN THI MAU"),
        born=date(1990, 1, 15),
        sex=Sex.FEMALE,
        nationality=CountryCode("VNM"),
        contact=Contact("+84900000001"),
    )
    return replace(citizen, **changes)


def make_foreigner(**changes: Any) -> Foreigner:
    foreigner = Foreigner(
        id=HolderId(identifier("foreigner")),
        number="F00000000001",
        name=PersonName("Jane Sample", "JANE SAMPLE"),
        born=date(1985, 6, 1),
        sex=Sex.FEMALE,
        nationality=CountryCode("UTO"),
        contact=Contact("+84900000002", "jane@example.test"),
        passport="X0000001",
        residence_until=date(2030, 6, 1),
    )
    return replace(foreigner, **changes)


def make_organisation(**changes: Any) -> Organisation:
    organisation = Organisation(
        id=HolderId(identifier("organisation")),
        number="O00000000001",
        names={"vi": "Công ty Mẫu", "en": "Sample Company"},
        founded=date(2010, 1, 4),
        representative="001190000001",
        contact=Contact(None, "office@example.test"),
    )
    return replace(organisation, **changes)


def make_account(**changes: Any) -> Account:
    account = Account(
        id=AccountId(identifier("account")),
        holder=HolderId(identifier("holder")),
        level=AccountLevel.LEVEL_2,
        status=AccountStatus.ACTIVE,
        opened_at=NOW - 48 * HOUR,
        notified_at=NOW - 24 * HOUR,
        activated_at=NOW - 12 * HOUR,
    )
    return replace(account, **changes)


def make_electronic_card(**changes: Any) -> ElectronicCard:
    card = ElectronicCard(
        id=ElectronicCardId(identifier("electronic card")),
        holder=HolderId(identifier("holder")),
        account=AccountId(identifier("account")),
        status=ElectronicCardStatus.ACTIVE,
    )
    return replace(card, **changes)


def make_card(**changes: Any) -> ChipCard:
    card = ChipCard(
        id=CardId(identifier("card")),
        holder=HolderId(identifier("holder")),
        document_number=DocumentNumber("X00000001"),
        status=CardStatus.ACTIVE,
        issued=date(2021, 7, 1),
        valid_until=date(2030, 1, 15),
    )
    return replace(card, **changes)


def make_card_document(**changes: Any) -> CardDocument:
    values: dict[str, Any] = {
        "fingerprint": b"d" * 32,
        "active_key_hash": b"a" * 32,
        "made_at": NOW,
    }
    return CardDocument(**{**values, **changes})


def make_card_certificate(**changes: Any) -> CardCertificate:
    certificate = CardCertificate(
        profile="card_authentication",
        serial=1001,
        fingerprint=sha256(b"certificate").digest(),
        not_after=datetime(2030, 1, 15, tzinfo=UTC),
    )
    return replace(certificate, **changes)


def make_case(link: str = "link-of-the-tests", **changes: Any) -> ActivationCase:
    case = ActivationCase(
        id=CaseId(identifier("case")),
        account=AccountId(identifier("account")),
        link_hash=digest(link),
        code_hash=sha256(b"12345678").digest(),
        attempts_left=5,
        self_service_until=NOW + 7 * 24 * HOUR,
        status=CaseStatus.OPEN,
    )
    return replace(case, **changes)


def make_session(handle: str = SESSION, at: datetime = NOW, **changes: Any) -> LoginSession:
    session = LoginSession(
        id=SessionId(identifier("session")),
        handle_hash=digest(handle),
        account=AccountId(identifier("account")),
        events=(AuthenticationEvent(CARD_SIGNATURE, at),),
        started_at=at,
        idle_until=at + HOUR / 2,
        ends_at=at + 12 * HOUR,
    )
    return replace(session, **changes)


def make_agency(**changes: Any) -> Agency:
    agency = Agency(
        id=AgencyId("tax"),
        names={"vi": "Cơ quan Thuế Mẫu", "en": "Sample Tax Office"},
        sector="tax.example",
    )
    return replace(agency, **changes)


def make_client(**changes: Any) -> Client:
    client = Client(
        id=ClientId("tax-portal"),
        agency=make_agency(),
        profile=ClientProfile.WEB,
        redirect_uris=("https://tax.example/callback",),
        post_logout_redirect_uris=("https://tax.example/bye",),
        scopes=frozenset({"openid", "profile", "personal_number", "phone", "email"}),
        required_claims=frozenset(),
        authentication=ClientAuthentication.SECRET_BASIC,
        secret_hash=sha256(SECRET.encode()).digest(),
        keys=None,
        id_token_algorithm="ES256",
        least_account_level=AccountLevel.LEVEL_1,
        least_authentication_level=AuthenticationLevel.LEVEL_2,
    )
    return replace(client, **changes)


def make_basic_client(**changes: Any) -> Client:
    """The plain OpenID Connect client that the certification's Basic plan plays."""
    return make_client(
        **{
            "id": ClientId("basic-client"),
            "profile": ClientProfile.BASIC,
            "redirect_uris": ("https://basic.example/cb",),
            "post_logout_redirect_uris": (),
            "id_token_algorithm": "RS256",
            **changes,
        }
    )


async def put_account(
    store: MemoryStore,
    account: Account | None = None,
    holder: Citizen | Foreigner | Organisation | None = None,
) -> None:
    """A holder with an account, and the e-ID card of a level 2 one."""
    account = account or make_account()
    changes: list[Change] = [AddHolder(holder or make_citizen()), OpenAccount(account)]
    if account.level is AccountLevel.LEVEL_2:
        changes.append(AddElectronicCard(make_electronic_card(account=account.id)))
    await store.keep(changes, ())


async def put_card(
    store: MemoryStore,
    card: ChipCard | None = None,
    certificate: CardCertificate | None = None,
) -> None:
    """A chip card with its authentication certificate, for a key of its own."""
    card = card or make_card()
    certificate = certificate or make_card_certificate()
    public_key_hash = sha256(certificate.fingerprint).digest()
    await store.keep([AddChipCard(card)], ())
    await store.keep([AddCardCertificate(card.id, certificate, public_key_hash)], ())


async def put_case(store: MemoryStore, case: ActivationCase | None = None) -> None:
    """An activation case for the account that is there."""
    await store.keep([OpenCase(case or make_case())], ())


async def put_session(store: MemoryStore, session: LoginSession | None = None) -> None:
    """Somebody signed in to the active account that is there."""
    session = session or make_session()
    _, version = store.tables.accounts[session.account]
    await store.keep([AddSession(Standing(session.account, version), session)], ())


async def put_client(store: MemoryStore, client: Client | None = None) -> None:
    """A registered client."""
    await store.keep([PutClient(client or make_client())], ())
