"""The one place that wires: settings become policies here, doors meet rooms here.

`Services` holds the rooms' front objects; routes and commands see nothing else.
"""

import asyncio
import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from eid.activation.activate import Activation
from eid.authentication.login import Login
from eid.bootstrap.ceremony import hold_ceremony
from eid.bootstrap.checks import require_sound
from eid.bootstrap.chores import keep_doing, stop_all
from eid.bootstrap.demo import DemoWorld, demo_world
from eid.bootstrap.document_trust import (
    MasterListReport,
    TrustedCountry,
    document_anchors_of,
    keep_list,
    read_list,
    require_revocable,
    require_signer,
    revoke_signer,
    revoked_signers,
    trusted_countries,
)
from eid.bootstrap.keyring import RegisterKeyring
from eid.bootstrap.material import read_material_of, require_own_material
from eid.bootstrap.neighbours import clock_of, notifier_of, portraits_of, registry_of
from eid.bootstrap.policies import (
    PagesPolicy,
    activation_policy,
    issuance_policy,
    login_policy,
    notice_policy,
    oidc_policy,
    pages_policy,
    rotation_policy,
    status_policy,
)
from eid.bootstrap.secrets import HANDOVERS, purpose_key, read_master
from eid.config import Settings
from eid.domain.audit import (
    AnchorsImported,
    ClientDisabled,
    ClientRegistered,
    KeyMoved,
    SignerRevoked,
)
from eid.domain.changes import DisableClient, PutClient
from eid.domain.facts import AccountFacts
from eid.domain.identifiers import ClientId
from eid.domain.visit import Visit
from eid.errors import EidError, Unknown, UnknownPerson
from eid.issuance.batches import Batches
from eid.issuance.cards import CardIssuance
from eid.issuance.certifying import Certifier
from eid.issuance.notices import Deliveries, Notices
from eid.issuance.passport import DocumentMaker
from eid.oidc.engine import OidcEngine
from eid.oidc.registration import read_client_file
from eid.oversight.trail import AuditTrail
from eid.ports import Clock
from eid.proofs.trust import CardTrust
from eid.standing.certificates import CertificateStatuses
from eid.standing.locks import Standing
from eid.standing.sweep import Sweep, SweepReport
from eid.store import StoreDoors, open_store
from eid.vietnam.rules import VIETNAM
from keys.errors import KeysError
from keys.jwks.rotation import remove_at_once, rotate
from keys.pki.anchors import SignerNumber
from keys.pki.ceremony import Material
from keys.pki.profiles import CARD_CA
from keys.sealing import Sealer
from keys.vault.wrapped import WrappedVault

log = logging.getLogger("eid.service")

DELIVER_EVERY: Final = 1.0  # seconds
SWEEP_EVERY: Final = 60.0
ROTATE_EVERY: Final = 300.0

Steps = list[tuple[str, str]]
"""Steps of a rotation: `begin`, `stage`, `promote`, `retire` or `remove`, and of which key."""


class Services:
    """The rooms' front objects, and the process's own life."""

    def __init__(self, settings: Settings, material: Material) -> None:
        master = read_master(settings.keys.wrapping_key)
        self.settings = settings
        self.clock: Clock = clock_of(settings)
        self._store: StoreDoors = open_store(settings.database.url, settings.database.pool)
        self._vault = WrappedVault(self._store.blobs, purpose_key(master, "vault"))
        self._material = material
        self._rotation = rotation_policy(settings)
        self._issuance = issuance_policy(settings, purpose_key(master, "certificate-serials"))
        self._chores: list[asyncio.Task[None]] = []
        self.csrf_key = purpose_key(master, "form-tokens")
        self.pages = pages_policy(settings)
        documents = document_anchors_of(settings.pki.folder, material)
        trust = CardTrust(material.anchors(), documents)
        self.login = Login(
            self._store, trust, login_policy(settings, purpose_key(master, HANDOVERS))
        )
        self.activation = Activation(
            self._store, trust, activation_policy(settings, purpose_key(master, "codes"))
        )
        self._keyring = RegisterKeyring(self._store.keys, self._vault)
        self.oidc = OidcEngine(
            self._store,
            self._keyring,
            oidc_policy(settings, purpose_key(master, "pairwise-subjects")),
        )
        self.batches = Batches(self._store, registry_of(settings), self._issuance)
        sealer = Sealer(purpose_key(master, "notices"))
        self.notices = Notices(
            self._store, sealer, notice_policy(settings, purpose_key(master, "codes"))
        )
        self.deliveries = Deliveries(self._store, sealer, notifier_of(settings))
        self.standing = Standing(self._store)
        self.sweep = Sweep(self._store)
        self.trail = AuditTrail(self._store.trail)
        self.statuses = CertificateStatuses(
            self._store.certificates,
            lambda: material.responder(self._vault),
            lambda: material.authority(CARD_CA, self._vault),
            status_policy(settings),
        )
        self.published_certificates = material.certificates()
        self.demo = demo_world(settings, self._store, self.notices.fresh)

    # The process's life

    async def open(self, *, chores: bool = True) -> None:
        """Open the database and the keys; with `chores`, keep the time-driven work going."""
        await self._store.open()
        await self._vault.open_all()
        if chores:
            if self.demo is not None:
                log.warning("demo environment: stand-ins, a movable clock, invented people")
            self._chores = [
                keep_doing("deliver", DELIVER_EVERY, self._deliver),
                keep_doing("sweep", SWEEP_EVERY, self._sweep),
                keep_doing("rotate", ROTATE_EVERY, self._rotate),
            ]

    async def close(self) -> None:
        """Stop the chores and close the database."""
        await stop_all(self._chores)
        await self._store.close()

    async def is_ready(self) -> bool:
        """Whether the database answers and a key can sign."""
        try:
            keys, _ = await self._keyring.current()
            await self._store.clients.every()
        except (EidError, KeysError, OSError):
            return False
        return bool(keys.algorithms)

    async def tick(self, visit: Visit) -> SweepReport:
        """Do now what time demands; for the demo clock and for commands."""
        report = await self.sweep.run(visit)
        await self.deliveries.run(visit)
        return report

    def visit(self, trace: str) -> Visit:
        """One act, under a trace."""
        return Visit(self.clock.now(), trace)

    @staticmethod
    def local_time(at: datetime) -> str:
        """A moment as people in Vietnam read it."""
        return at.astimezone(VIETNAM).strftime("%H:%M %d/%m/%Y")

    # What commands need beside the rooms

    async def card_issuance(self) -> CardIssuance:
        """The card bureau's front, with the keys of card CA and document signer opened."""
        require_signer(self.settings.pki.folder, self._material)
        authority = await self._material.authority(CARD_CA, self._vault)
        signer = await self._material.document_signer(self._vault)
        return CardIssuance(
            self._store,
            Certifier(self._store.certificates, authority),
            DocumentMaker(signer, portraits_of(self.settings)),
            self._issuance,
        )

    async def rotate_keys(self, visit: Visit, *, compromised: str | None = None) -> Steps:
        """Carry out what is due, or withdraw one compromised key at once; say what was done."""
        if compromised is None:
            steps = await rotate(self._store.keys, self._vault, self._rotation, visit.at)
        else:
            steps = await remove_at_once(
                self._store.keys, self._vault, self._rotation, compromised, visit.at
            )
        told = [_told(step) for step in steps]
        events = [KeyMoved(visit=visit, kid=kid, state=state) for state, kid in told]
        if events:
            await self._store.keep([], events)
        return told

    async def notify_again(self, visit: Visit, number: str) -> None:
        """Open a case anew for a holder who was helped: a fresh link, code and window."""
        await self.notices.notify(visit, await self._owner(number))

    async def disable_client(self, visit: Visit, client: str) -> None:
        """A client may do nothing from now on, at any endpoint of any worker."""
        if client not in {known.id for known in await self._store.clients.every()}:
            raise Unknown(f"no client is called {client}: eid client list")
        event = ClientDisabled(visit=visit, client=ClientId(client))
        await self._store.keep([DisableClient(ClientId(client))], [event])

    async def import_master_list(
        self, visit: Visit, master_list: bytes, signer: bytes
    ) -> MasterListReport:
        """Believe what a master list vouches for, signed under a CSCA that the operator names."""
        folder = self.settings.pki.folder
        report = read_list(folder, self._material, master_list, signer, visit.at)
        if report.fresh:
            event = AnchorsImported(visit=visit, vouched_by=report.country, added=len(report.fresh))
            await self._store.keep([], [event])
            keep_list(folder, report)
        return report

    async def revoke_signer(self, visit: Visit, signer: SignerNumber) -> None:
        """Believe no document any more that this document signer has signed."""
        folder = self.settings.pki.folder
        require_revocable(folder, self._material, signer)
        event = SignerRevoked(visit=visit, country=signer.country, serial=f"{signer.serial:x}")
        await self._store.keep([], [event])
        revoke_signer(folder, signer)

    def revoked_signers(self) -> Sequence[SignerNumber]:
        """Every document signer that is believed no more."""
        return revoked_signers(self.settings.pki.folder)

    def trusted_countries(self) -> Sequence[TrustedCountry]:
        """Every country signing authority whose documents are believed."""
        return trusted_countries(self.settings.pki.folder, self._material)

    async def _owner(self, number: str) -> AccountFacts:
        owner = await self._store.accounts.find_by_number(number)
        if owner is None:
            raise UnknownPerson("no account under this number")
        return owner

    async def add_client(self, visit: Visit, text: str) -> tuple[str, str | None]:
        """Take a client file in; give back its id and, once, a secret that was made for it."""
        client, secret = read_client_file(text)
        await self._store.keep(
            [PutClient(client)], [ClientRegistered(visit=visit, client=client.id)]
        )
        return client.id, secret

    async def clients(self) -> list[dict[str, str]]:
        """What `eid client list` shows."""
        return [
            {
                "client": client.id,
                "agency": client.agency.names.get("en", client.agency.id),
                "profile": client.profile.value,
                "authentication": client.authentication.value,
                "least level": str(int(client.least_authentication_level)),
                "redirect URIs": "\n".join(client.redirect_uris),
                "state": "disabled" if client.disabled else "active",
            }
            for client in await self._store.clients.every()
        ]

    # Chores

    async def _deliver(self) -> None:
        await self.deliveries.run(self.visit("chore-deliver"))

    async def _sweep(self) -> None:
        await self.sweep.run(self.visit("chore-sweep"))

    async def _rotate(self) -> None:
        await self.rotate_keys(self.visit("chore-rotate"))


def build_services(settings: Settings) -> Services:
    """Wire everything, or raise `Misconfigured` with the reason."""
    require_sound(settings)
    material = read_material_of(settings.pki.folder)
    require_own_material(settings.pki.folder, settings.environment.value)
    return Services(settings, material)


def _told(step: object) -> tuple[str, str]:
    """A rotation step as state and key; a new key has no kid yet, so its algorithm stands in."""
    name = type(step).__name__.lower()
    return name, str(getattr(step, "kid", None) or getattr(step, "algorithm", ""))


__all__ = [
    "DemoWorld",
    "PagesPolicy",
    "Services",
    "build_services",
    "hold_ceremony",
]
