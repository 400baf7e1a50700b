"""The one place that wires: settings become policies here, doors meet rooms here.

`Services` holds the rooms' front objects; routes and commands see nothing else.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Final

from eid.activation.activate import Activation, ActivationPolicy
from eid.authentication.login import Login, LoginPolicy
from eid.bootstrap.absent import AbsentNotifier, AbsentRegistry
from eid.bootstrap.checks import require_sound
from eid.bootstrap.keyring import RegisterKeyring
from eid.bootstrap.material import mark_material, read_material_of, require_own_material
from eid.bootstrap.secrets import make_master, purpose_key, read_master
from eid.config import Environment, Settings
from eid.domain.audit import ClientDisabled, ClientRegistered, KeyMoved
from eid.domain.changes import DisableClient, PutClient
from eid.domain.facts import AccountFacts
from eid.domain.identifiers import ClientId
from eid.domain.visit import Visit
from eid.errors import EidError, Misconfigured, UnknownPerson
from eid.issuance.batches import Batches
from eid.issuance.cards import CardIssuance
from eid.issuance.notices import Deliveries, Notices
from eid.issuance.policy import IssuancePolicy, NoticePolicy
from eid.oidc.engine import OidcEngine
from eid.oidc.policy import OidcPolicy
from eid.oidc.registration import read_client_file
from eid.ports import Clock, Notifier, Registry
from eid.standing.locks import Standing
from eid.standing.sweep import Sweep
from eid.standins.clock import OffsetClock, SystemClock
from eid.standins.notifier import FolderNotifier, Outbox
from eid.standins.people import read_people
from eid.standins.registry import PeopleRegistry
from eid.standins.situations import DemoDesk
from eid.store import StoreDoors, open_store, upgrade
from keys.errors import RotationConflict
from keys.jwks.rotation import remove_at_once, rotate
from keys.jwks.states import RotationPolicy
from keys.pki.ceremony import Material, dump_material, hold, read_ceremony
from keys.pki.profiles import CARD_CA
from keys.sealing import Sealer
from keys.vault.wrapped import WrappedVault

log = logging.getLogger("eid.service")

VIETNAM: Final = timezone(timedelta(hours=7))
DELIVER_EVERY: Final = 1.0  # seconds
SWEEP_EVERY: Final = 60.0
ROTATE_EVERY: Final = 300.0


@dataclass(frozen=True, slots=True)
class PagesPolicy:
    """What pages say of the service."""

    issuer: str
    bridge: str
    hotline: str
    default_locale: str


@dataclass(frozen=True, slots=True)
class DemoWorld:
    """What exists in the demo environment alone."""

    clock: OffsetClock
    outbox: Outbox
    desk: DemoDesk


class Services:
    """The rooms' front objects, and the process's own life."""

    def __init__(self, settings: Settings, material: Material) -> None:
        master = read_master(settings.keys.wrapping_key)
        self.settings = settings
        self.clock: Clock = _clock(settings)
        self._store: StoreDoors = open_store(settings.database.url, settings.database.pool)
        self._vault = WrappedVault(self._store.blobs, purpose_key(master, "vault"))
        self._material = material
        self._rotation = _rotation_policy(settings)
        self._issuance = IssuancePolicy(
            settings.issuance.document_prefix, purpose_key(master, "certificate-serials")
        )
        self._chores: list[asyncio.Task[None]] = []
        self.csrf_key = purpose_key(master, "form-tokens")
        self.pages = PagesPolicy(
            settings.issuer,
            settings.pages.bridge,
            settings.pages.hotline,
            settings.pages.default_locale,
        )
        anchors = material.anchors()
        self.login = Login(self._store, anchors, _login_policy(settings))
        self.activation = Activation(
            self._store, anchors, _activation_policy(settings, purpose_key(master, "codes"))
        )
        self.oidc = OidcEngine(
            self._store,
            RegisterKeyring(self._store.keys, self._vault),
            _oidc_policy(settings, purpose_key(master, "pairwise-subjects")),
        )
        self.batches = Batches(self._store, _registry(settings), self._issuance)
        sealer = Sealer(purpose_key(master, "notices"))
        self.notices = Notices(
            self._store, sealer, _notice_policy(settings, purpose_key(master, "codes"))
        )
        self.deliveries = Deliveries(self._store, sealer, _notifier(settings))
        self.standing = Standing(self._store)
        self.sweep = Sweep(self._store)
        self.demo = self._demo() if settings.environment is Environment.DEMO else None

    # The process's life

    async def open(self, *, chores: bool = True) -> None:
        """Open the database and the keys; with `chores`, keep the time-driven work going."""
        await self._store.open()
        await self._vault.open_all()
        if self.demo is not None:
            log.warning("demo environment: stand-ins, a movable clock, invented people")
        if chores:
            self._chores = [
                asyncio.create_task(self._every("deliver", DELIVER_EVERY, self._deliver)),
                asyncio.create_task(self._every("sweep", SWEEP_EVERY, self._sweep)),
                asyncio.create_task(self._every("rotate", ROTATE_EVERY, self._rotate)),
            ]

    async def close(self) -> None:
        """Stop the chores and close the database."""
        for chore in self._chores:
            chore.cancel()
        for chore in self._chores:
            with suppress(asyncio.CancelledError):
                await chore
        await self._store.close()

    async def is_ready(self) -> bool:
        """Whether the database answers and a key can sign."""
        try:
            reply = await self.oidc.jwks()
            await self._store.clients.every()
        except (EidError, OSError):
            return False
        return reply.status == 200  # noqa: PLR2004 - HTTP

    async def tick(self, visit: Visit) -> None:
        """Do now what time demands; for the demo clock and for commands."""
        await self.sweep.run(visit)
        await self.deliveries.run(visit)

    def visit(self, trace: str) -> Visit:
        """One act, under a trace."""
        return Visit(self.clock.now(), trace)

    @staticmethod
    def local_time(at: datetime) -> str:
        """A moment as people in Vietnam read it."""
        return at.astimezone(VIETNAM).strftime("%H:%M %d/%m/%Y")

    # What commands need beside the rooms

    async def card_issuance(self) -> CardIssuance:
        """The card bureau's front, with the card CA's key opened."""
        authority = await self._material.authority(CARD_CA, self._vault)
        return CardIssuance(self._store, self._store.certificates, authority, self._issuance)

    async def rotate_keys(self, visit: Visit, *, compromised: str | None = None) -> list[str]:
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
        return [f"{state} {kid}" for state, kid in told]

    async def notify_again(self, visit: Visit, number: str) -> None:
        """Open a case anew for a holder who was helped: a fresh link, code and window."""
        await self.notices.notify(visit, await self._owner(number))

    async def disable_client(self, visit: Visit, client: str) -> None:
        """A client may do nothing from now on, at any endpoint of any worker."""
        event = ClientDisabled(visit=visit, client=ClientId(client))
        await self._store.keep([DisableClient(ClientId(client))], [event])

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
                "redirect URIs": "\n".join(client.redirect_uris),
                "state": "disabled" if client.disabled else "active",
            }
            for client in await self._store.clients.every()
        ]

    # Chores

    async def _every(self, name: str, seconds: float, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            try:
                await work()
            except (EidError, RotationConflict, OSError) as problem:
                log.warning("chore %s put off: %s", name, problem)
            except Exception:
                log.exception("chore %s failed", name)
            await asyncio.sleep(seconds)

    async def _deliver(self) -> None:
        await self.deliveries.run(self.visit("chore-deliver"))

    async def _sweep(self) -> None:
        await self.sweep.run(self.visit("chore-sweep"))

    async def _rotate(self) -> None:
        await self.rotate_keys(self.visit("chore-rotate"))

    def _demo(self) -> DemoWorld:
        demo = self.settings.demo
        if not (demo.people and demo.outbox and demo.clock):
            raise Misconfigured(
                "the demo needs EID_DEMO__PEOPLE, EID_DEMO__OUTBOX, EID_DEMO__CLOCK"
            )
        desk = DemoDesk(self._store, read_people(demo.people), self.notices.fresh)
        return DemoWorld(OffsetClock(demo.clock), Outbox(demo.outbox), desk)


def build_services(settings: Settings) -> Services:
    """Wire everything, or raise `Misconfigured` with the reason."""
    require_sound(settings)
    require_own_material(settings.pki.folder, settings.environment.value)
    return Services(settings, read_material_of(settings.pki.folder))


async def hold_ceremony(
    settings: Settings, file: str, *, replace: bool, since: datetime | None
) -> Material:
    """Make the master key, the database, the authorities' keys and the first signing keys.

    `file` is the text of the ceremony file. `since` dates the authorities back: a demo has cards
    that were issued years ago.
    """
    require_sound(settings)
    parts = read_ceremony(file)  # before anything is made
    if not settings.keys.wrapping_key.exists():
        make_master(settings.keys.wrapping_key)
    master = read_master(settings.keys.wrapping_key)
    await upgrade(settings.database.url)
    store = open_store(settings.database.url, settings.database.pool)
    await store.open()
    try:
        vault = WrappedVault(store.blobs, purpose_key(master, "vault"))
        folder = settings.pki.folder
        existing = read_material_of(folder) if (folder / "material.json").exists() else None
        now = _clock(settings).now()
        begin = since or now
        material = await hold(parts, vault, begin, existing=existing, replace=replace)
        _publish(folder, material, settings.environment.value)
        await rotate(store.keys, vault, _rotation_policy(settings), now)
    finally:
        await store.close()
    return material


def _publish(folder: Path, material: Material, environment: str) -> None:
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name, der in material.certificates().items():
        (folder / f"{name}.cer").write_bytes(der)
    unfinished = folder / "material.json.new"
    unfinished.write_bytes(dump_material(material))
    unfinished.replace(folder / "material.json")
    mark_material(folder, environment)


def _clock(settings: Settings) -> Clock:
    offset = settings.demo.clock
    return OffsetClock(offset) if offset is not None else SystemClock()


def _registry(settings: Settings) -> Registry:
    people = settings.demo.people
    return PeopleRegistry(people) if people is not None else AbsentRegistry()


def _notifier(settings: Settings) -> Notifier:
    folder = settings.demo.outbox
    return FolderNotifier(folder) if folder is not None else AbsentNotifier()


def _seconds(value: int) -> timedelta:
    return timedelta(seconds=value)


def _rotation_policy(settings: Settings) -> RotationPolicy:
    keys = settings.keys
    return RotationPolicy(
        stage_for=_seconds(keys.stage_for),
        active_for=_seconds(keys.active_for),
        retire_for=_seconds(keys.retire_for),
        algorithms=keys.algorithms,
    )


def _login_policy(settings: Settings) -> LoginPolicy:
    return LoginPolicy(
        origin=settings.issuer,
        challenge_lifetime=_seconds(settings.login.challenge_lifetime),
        idle=_seconds(settings.login.idle),
        session=_seconds(settings.login.session),
    )


def _activation_policy(settings: Settings, code_key: bytes) -> ActivationPolicy:
    return ActivationPolicy(
        origin=settings.issuer,
        challenge_lifetime=_seconds(settings.login.challenge_lifetime),
        code_key=code_key,
    )


def _oidc_policy(settings: Settings, pairwise_key: bytes) -> OidcPolicy:
    return OidcPolicy(
        issuer=settings.issuer,
        pairwise_key=pairwise_key,
        code_lifetime=_seconds(settings.oidc.code_lifetime),
        access_token_lifetime=_seconds(settings.oidc.access_token_lifetime),
        id_token_lifetime=_seconds(settings.oidc.id_token_lifetime),
        pending_lifetime=_seconds(settings.oidc.pending_lifetime),
        session_idle=_seconds(settings.login.idle),
        signing_algorithms=settings.keys.algorithms,
    )


def _notice_policy(settings: Settings, code_key: bytes) -> NoticePolicy:
    return NoticePolicy(
        link_base=f"{settings.issuer}/activate/",
        code_length=settings.activation.code_length,
        attempts=settings.activation.attempts,
        code_key=code_key,
    )


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
