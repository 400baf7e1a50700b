"""PROFILES: what a client must do is a row here, never a global switch."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from eid.domain.agency import ClientAuthentication, ClientProfile


@dataclass(frozen=True, slots=True)
class ProfileRules:
    """One kind of client. The first ID token algorithm is the default."""

    profile: ClientProfile
    needs_pkce: bool
    authentication: tuple[ClientAuthentication, ...]
    id_token_algorithms: tuple[str, ...]


PROFILES: Final[Mapping[ClientProfile, ProfileRules]] = {
    row.profile: row
    for row in (
        ProfileRules(
            ClientProfile.WEB,
            needs_pkce=True,  # RFC 9700, 2.1.1
            authentication=tuple(ClientAuthentication),
            id_token_algorithms=("ES256", "RS256"),
        ),
        # OpenID Connect Core as plain as the Basic certification plan sends it; chosen by name.
        ProfileRules(
            ClientProfile.BASIC,
            needs_pkce=False,
            authentication=tuple(ClientAuthentication),
            id_token_algorithms=("RS256", "ES256"),  # RS256: OpenID Connect Registration, 2
        ),
    )
}
