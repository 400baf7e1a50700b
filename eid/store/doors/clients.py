"""The registered clients, in memory; a look at their version, every two seconds at most."""

import asyncio
from collections.abc import Mapping, Sequence

from eid.domain.agency import Agency, Client, ClientAuthentication, ClientProfile
from eid.domain.assurance import AccountLevel, AuthenticationLevel
from eid.domain.identifiers import AgencyId, ClientId
from eid.store.doors.columns import (
    as_json,
    from_json,
    read_word_set,
    read_words,
    word_set,
    words,
)
from eid.store.drivers import Driver, Row, Values
from eid.store.statements import registers as sql

REGISTER = "clients"
LOOK_AGAIN_AFTER = 2.0  # seconds in which every process hears of a change


class ClientsDoor:
    """`eid.ports.Clients`."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver
        self._turn = asyncio.Lock()
        self._clients: Mapping[ClientId, Client] = {}
        self._version: int | None = None
        self._fresh_until = 0.0

    async def find(self, client: ClientId) -> Client | None:
        """Look a client up; a disabled one is not found."""
        found = (await self._known()).get(client)
        return None if found is None or found.disabled else found

    async def every(self) -> Sequence[Client]:
        """All clients, disabled ones too."""
        return tuple((await self._known()).values())

    def forget(self) -> None:
        """Look again at the next call: this process has just changed a client."""
        self._fresh_until = 0.0

    async def _known(self) -> Mapping[ClientId, Client]:
        now = asyncio.get_running_loop().time()
        if self._version is None or now >= self._fresh_until:
            async with self._turn:
                # Whoever waited for the turn finds the work done.
                if self._version is None or now >= self._fresh_until:
                    await self._look(now)
        return self._clients

    async def _look(self, now: float) -> None:
        # Set before waiting: a change that comes meanwhile calls for another look.
        self._fresh_until = now + LOOK_AGAIN_AFTER
        try:
            rows = await self._driver.rows(sql.FIND_VERSION, {"name": REGISTER})
            version = rows[0]["version"] if rows else 0
            if version != self._version:
                # The version is read first: clients newer than it are only read once more.
                found = [read_client(row) for row in await self._driver.rows(sql.EVERY_CLIENT, {})]
                self._clients = {client.id: client for client in found}
                self._version = version
        except BaseException:
            self._fresh_until = 0.0
            raise


def agency_values(agency: Agency) -> Values:
    """The columns of table `agency`."""
    return {"id": agency.id, "names": as_json(dict(agency.names)), "sector": agency.sector}


def client_values(client: Client) -> Values:
    """The columns of table `client`."""
    return {
        "id": client.id,
        "agency": client.agency.id,
        "profile": client.profile.value,
        "redirect_uris": words(client.redirect_uris),
        "post_logout_redirect_uris": words(client.post_logout_redirect_uris),
        "scopes": word_set(client.scopes),
        "required_claims": word_set(client.required_claims),
        "authentication": client.authentication.value,
        "secret_hash": client.secret_hash,
        "keys": None if client.keys is None else as_json(dict(client.keys)),
        "id_token_algorithm": client.id_token_algorithm,
        "least_account_level": client.least_account_level.value,
        "least_authentication_level": client.least_authentication_level.value,
        "disabled": client.disabled,
    }


def read_client(row: Row) -> Client:
    """A client with its agency."""
    agency = Agency(AgencyId(row["agency"]), from_json(row["agency_names"]), row["agency_sector"])
    return Client(
        id=ClientId(row["id"]),
        agency=agency,
        profile=ClientProfile(row["profile"]),
        redirect_uris=read_words(row["redirect_uris"]),
        post_logout_redirect_uris=read_words(row["post_logout_redirect_uris"]),
        scopes=read_word_set(row["scopes"]),
        required_claims=read_word_set(row["required_claims"]),
        authentication=ClientAuthentication(row["authentication"]),
        secret_hash=row["secret_hash"],
        keys=None if row["keys"] is None else from_json(row["keys"]),
        id_token_algorithm=row["id_token_algorithm"],
        least_account_level=AccountLevel(row["least_account_level"]),
        least_authentication_level=AuthenticationLevel(row["least_authentication_level"]),
        disabled=bool(row["disabled"]),
    )
