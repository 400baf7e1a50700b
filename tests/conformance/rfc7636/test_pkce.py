"""RFC 7636 (PKCE) and RFC 9700, 2.1.1 and 4.8.2: S256, and no way around it."""

import pytest
from builders import make_basic_client, make_client
from oidc_world import VERIFIER, World, seen, signed_in_world

from eid.domain.agency import Client
from eid.oidc.extensions.pkce import s256

PLAIN_CHALLENGE = VERIFIER  # what `plain` would send
NO_CHALLENGE = {"code_challenge": None, "code_challenge_method": None}


def refused(world: World, **changes: str | None) -> bool:
    asked = tuple(world.parameters(**changes).items())
    return seen(world.begin_with(asked)).answer.get("error") == "invalid_request"


def test_the_published_example__rfc7636_appendix_b() -> None:
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    assert s256(verifier) == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"


def test_a_web_client_cannot_leave_it_out__rfc9700_2_1_1() -> None:
    # Authlib's CodeChallenge(required=True) lets a confidential client do so.
    assert refused(signed_in_world(), **NO_CHALLENGE)


@pytest.mark.parametrize("client", [make_client(), make_basic_client()])
@pytest.mark.parametrize(
    "changes",
    [
        {"code_challenge_method": "plain", "code_challenge": PLAIN_CHALLENGE},
        {"code_challenge_method": None},  # RFC 7636, 4.3: means `plain`
        {"code_challenge_method": "s256"},
        {"code_challenge_method": "S512"},
        {"code_challenge_method": ""},
        {"code_challenge": None},
        {"code_challenge": "x" * 42},
        {"code_challenge": "x" * 44},
        {"code_challenge": "x" * 42 + "="},
        {"code_challenge": "x" * 42 + "é"},
        {"code_challenge": "x" * 42 + "\n"},
    ],
)
def test_only_s256_is_a_challenge__rfc7636_4_3(
    client: Client, changes: dict[str, str | None]
) -> None:
    assert refused(signed_in_world(client), **changes)


@pytest.mark.parametrize("client", [make_client(), make_basic_client()])
@pytest.mark.parametrize(
    "verifier",
    [None, "", "w" * 43, VERIFIER[:-1], VERIFIER + "x", VERIFIER.upper(), s256(VERIFIER)],
)
def test_a_wrong_verifier_is_invalid_grant__rfc7636_4_6(
    client: Client, verifier: str | None
) -> None:
    # A `basic` client that sent a challenge is held to it as well.
    world = signed_in_world(client)
    reply = world.token(world.code(), code_verifier=verifier)
    assert (reply.status, reply.body["error"]) == (400, "invalid_grant")


@pytest.mark.parametrize(
    "verifier", ["x" * 42, "x" * 129, "x" * 42 + " ", "x" * 42 + "é", "x" * 42 + "\n"]
)
def test_a_verifier_has_43_to_128_unreserved_characters__rfc7636_4_1(verifier: str) -> None:
    world = signed_in_world()
    challenge = s256(verifier)
    reply = world.token(world.code(code_challenge=challenge), code_verifier=verifier)
    assert (reply.status, reply.body["error"]) == (400, "invalid_grant")


def test_a_verifier_without_a_challenge_is_refused__rfc9700_4_8_2() -> None:
    world = signed_in_world(make_basic_client())
    reply = world.token(world.code(**NO_CHALLENGE))
    assert (reply.status, reply.body["error"]) == (400, "invalid_grant")


def test_a_basic_client_with_pkce_succeeds() -> None:
    world = signed_in_world(make_basic_client())
    assert world.token(world.code()).status == 200
