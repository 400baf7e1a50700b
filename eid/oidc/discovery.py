"""The discovery document, derived from the lists: it cannot promise what is not registered."""

from typing import Any

from eid.domain.agency import ClientAuthentication
from eid.oidc.claims import CLAIMS, SCOPES
from eid.oidc.endpoints import AUTHORIZE, ENDPOINTS, JWKS, TOKEN
from eid.oidc.grants import GRANTS
from eid.oidc.intake import ATTAINABLE
from eid.oidc.parameters import PROMPTS
from eid.oidc.policy import OidcPolicy
from keys.algorithms import ALGORITHMS

ALWAYS = ("sub", "iss", "aud", "exp", "iat", "auth_time", "acr", "amr", "sid", "account_level")


def document(policy: OidcPolicy) -> dict[str, Any]:
    """OpenID Connect Discovery 1.0, 3; RFC 8414, 2; RFC 9207, 3; RP-Initiated Logout 1.0, 2.1."""
    issuer = policy.issuer
    return {
        "issuer": issuer,
        "authorization_endpoint": issuer + AUTHORIZE,
        "token_endpoint": issuer + TOKEN,
        "jwks_uri": issuer + JWKS,
        **{name: issuer + path for name, path in ENDPOINTS.items()},
        "scopes_supported": list(SCOPES),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": list(GRANTS),
        "acr_values_supported": [level.acr for level in sorted(ATTAINABLE)],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": list(policy.signing_algorithms),
        "token_endpoint_auth_methods_supported": [way.value for way in ClientAuthentication],
        "token_endpoint_auth_signing_alg_values_supported": list(ALGORITHMS),
        "claim_types_supported": ["normal"],
        "claims_supported": [*ALWAYS, *CLAIMS],
        "claims_parameter_supported": True,
        "prompt_values_supported": list(PROMPTS),
        "ui_locales_supported": list(policy.locales),
        "code_challenge_methods_supported": ["S256"],
        "authorization_response_iss_parameter_supported": True,
        # The default of request_uri_parameter_supported is true, so it is said (CF-11).
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "require_request_uri_registration": False,
    }
