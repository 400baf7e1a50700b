"""What `eid doctor` looks at, one after the other, and what is told of each."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from eid.bootstrap.checks import require_sound
from eid.bootstrap.document_trust import document_anchors_of, require_signer, revoked_signers
from eid.bootstrap.material import read_material_of, require_own_material
from eid.bootstrap.neighbours import clock_of
from eid.bootstrap.secrets import purpose_key, read_master
from eid.config import Settings
from eid.domain.assurance import AuthenticationLevel
from eid.errors import EidError, Misconfigured, StoreBusy
from eid.store import StoreDoors, open_store
from keys.errors import KeysError
from keys.jwks.keyset import load
from keys.jwks.states import KeyState
from keys.pki.ceremony import Material
from keys.pki.profiles import CARD_CA
from keys.vault.wrapped import WrappedVault

AWAY: Final = "Does the database of EID_DATABASE__URL run?"
OUTDATED: Final = "its tables are not those of this version: `eid ceremony --keep` makes them"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        check: what it was.
        told: what was found; where it is wrong, with how to mend it.
        good: None where it could not be looked at, because an earlier one is wrong.
    """

    check: str
    told: str
    good: bool | None


class Unsound(Exception):
    """Something is wrong; the text says how to mend it."""


class Examination:
    """What one look has learned and the next one needs."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._master = b""
        self._material: Material | None = None
        self._opened: StoreDoors | None = None

    async def run(self) -> tuple[Finding, ...]:
        """Look at everything, in an order in which each look can rest on those before it."""
        found: dict[str, Finding] = {}
        try:
            for check, (needs, look) in self._looks().items():
                wrong = [need for need in needs if not found[need].good]
                found[check] = (
                    Finding(check, f"not looked at: {wrong[0]} first", good=None)
                    if wrong
                    else await _look(check, look)
                )
        finally:
            if self._opened is not None:
                await self._opened.close()
        return tuple(found.values())

    @property
    def _store(self) -> StoreDoors:
        if self._opened is None:
            raise StoreBusy("the store is not open")
        return self._opened

    def _looks(self) -> dict[str, tuple[tuple[str, ...], Callable[[], Awaitable[str]]]]:
        return {
            "settings": ((), self._look_at_settings),
            "master key": ((), self._look_at_master),
            "certificates": ((), self._look_at_certificates),
            "card CA": (("certificates",), self._look_at_card_ca),
            "database": ((), self._look_at_database),
            "tables": (("database",), self._look_at_tables),
            "clients": (("tables",), self._look_at_clients),
            "signing keys": (("master key", "tables"), self._look_at_signing_keys),
        }

    async def _look_at_settings(self) -> str:
        require_sound(self._settings)
        return f"{self._settings.environment}, {self._settings.issuer}"

    async def _look_at_master(self) -> str:
        self._master = read_master(self._settings.keys.wrapping_key)
        return str(self._settings.keys.wrapping_key)

    async def _look_at_certificates(self) -> str:
        folder = self._settings.pki.folder
        self._material = read_material_of(folder)
        require_own_material(folder, self._settings.environment.value)
        document_anchors_of(folder, self._material)
        require_signer(folder, self._material)
        revoked = revoked_signers(folder)
        return f"{folder}; {len(revoked)} document signers revoked" if revoked else str(folder)

    async def _look_at_card_ca(self) -> str:
        if self._material is None:
            raise Unsound("no certificates were read")
        certificate = self._material.minted[CARD_CA.name].certificate
        until = f"{certificate.not_valid_after_utc:%Y-%m-%d}"
        now = clock_of(self._settings).now()
        if now > certificate.not_valid_after_utc:
            raise Unsound(
                f"expired on {until}, and no card signs in any more: `eid ceremony --replace` "
                "makes a new one, and every card must then be made anew"
            )
        if now < certificate.not_valid_before_utc:
            raise Unsound(
                f"not valid before {certificate.not_valid_before_utc:%Y-%m-%d}: set this "
                "machine's clock right"
            )
        return f"until {until}"

    async def _look_at_database(self) -> str:
        store = open_store(self._settings.database.url, self._settings.database.pool)
        await store.open()
        self._opened = store
        return self._settings.database.url.partition("://")[0]

    async def _look_at_tables(self) -> str:
        try:
            await self._store.clients.every()
            await self._store.keys.load()
            await self._store.cards.document_standing(b"")  # a table of the second version
        except (EidError, OSError):
            raise
        except Exception as problem:  # each driver has errors of its own for a missing table
            raise Unsound(OUTDATED) from problem
        return "of this version"

    async def _look_at_clients(self) -> str:
        """A client without a PIN may be wanted, so it is no error; its operator should know it."""
        clients = [one for one in await self._store.clients.every() if not one.disabled]
        lax = [
            client.id
            for client in clients
            if client.least_authentication_level is AuthenticationLevel.LEVEL_1
        ]
        remark = f"; level 1, no PIN: {', '.join(lax)}" if lax else ""
        return f"{len(clients)} registered{remark}"

    async def _look_at_signing_keys(self) -> str:
        vault = WrappedVault(self._store.blobs, purpose_key(self._master, "vault"))
        _, keys = await self._store.keys.load()
        of_state = {
            state: {key.algorithm for key in keys if key.state is state} for state in KeyState
        }
        active = of_state[KeyState.ACTIVE]
        missing = set(self._settings.keys.algorithms) - active - of_state[KeyState.STAGED]
        if missing:
            raise Unsound(f"no key for {', '.join(sorted(missing))}: `eid rotate-keys` makes one")
        if not active:
            raise Unsound("no key can sign yet: `eid rotate-keys`, when the staged ones are due")
        await load(self._store.keys, vault)  # the master key must open what will sign
        return f"{', '.join(sorted(active))} can sign"


async def _look(check: str, look: Callable[[], Awaitable[str]]) -> Finding:
    try:
        return Finding(check, await look(), good=True)
    except StoreBusy as problem:
        return Finding(check, f"{problem}. {AWAY}", good=False)
    except KeysError as problem:
        told = f"{problem}: is EID_KEYS__WRAPPING_KEY the file that belongs to this database?"
        return Finding(check, told, good=False)
    except (Misconfigured, Unsound, EidError, OSError) as problem:
        return Finding(check, str(problem), good=False)
