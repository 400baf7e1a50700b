"""GRANTS: the one list of grant types, each with what is added to it."""

from collections.abc import Mapping
from typing import Any, Final

from eid.oidc.extensions.id_token import IdToken
from eid.oidc.extensions.pkce import Pkce
from eid.oidc.grants.authorization_code import CodeGrant

GRANTS: Final[Mapping[str, tuple[type[CodeGrant], tuple[Any, ...]]]] = {
    # Authlib keeps hooks in a set, so none of these may rely on another having run.
    "authorization_code": (CodeGrant, (Pkce(), IdToken())),
}
