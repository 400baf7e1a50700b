"""Agencies, their clients, and the versions of what processes hold in memory."""

from eid.domain.agency import ClientAuthentication, ClientProfile
from eid.store.tables.columns import Row, octets, one_of, truth, whole, words


class AgencyRow(Row, table=True):
    """An office."""

    __tablename__ = "agency"

    id: str = words(key=True)
    names: str = words()
    sector: str = words()


class ClientRow(Row, table=True):
    """An office's OpenID Connect registration."""

    __tablename__ = "client"
    __table_args__ = (
        one_of("profile", ClientProfile),
        one_of("authentication", ClientAuthentication),
    )

    id: str = words(key=True)
    agency: str = words("agency.id")
    profile: str = words()
    redirect_uris: str = words()
    post_logout_redirect_uris: str = words()
    scopes: str = words()
    required_claims: str = words()
    authentication: str = words()
    secret_hash: bytes | None = octets()
    keys: str | None = words()
    id_token_algorithm: str = words()
    least_account_level: int = whole()
    least_authentication_level: int = whole()
    disabled: bool = truth()


class RegisterVersionRow(Row, table=True):
    """Rises with every change of a register, so that copies in memory know when they are old."""

    __tablename__ = "register_version"

    name: str = words(key=True)
    version: int = whole()
