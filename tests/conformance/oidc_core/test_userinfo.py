"""OpenID Connect Core 1.0, 5.3, and RFC 6750: claims for a bearer token."""

from dataclasses import replace
from datetime import timedelta

import jwt
import pytest
from builders import (
    NOW,
    make_account,
    make_citizen,
    make_session,
    put_client,
)
from oidc_world import Reply, World, signed_in_world

from eid.domain.account import AccountStatus
from eid.domain.changes import EndSession, MoveAccount
from eid.domain.holder import Contact


@pytest.fixture
def world() -> World:
    return signed_in_world()


@pytest.fixture
def access(world: World) -> str:
    token: str = world.tokens(scope="openid profile personal_number phone email")["access_token"]
    return token


def challenges(reply: Reply, status: int, error: str | None) -> bool:
    value = reply.headers["WWW-Authenticate"]
    told = f'error="{error}"' in value if error else "error" not in value
    return reply.status == status and value.startswith("Bearer ") and told


def test_a_get_with_the_header__oidc_core_5_3_1(world: World, access: str) -> None:
    reply = world.userinfo(f"Bearer {access}")
    assert reply.status == 200
    assert reply.headers["Content-Type"] == "application/json"
    assert reply.headers["Cache-Control"] == "no-store"
    assert reply.body == {
        "sub": reply.body["sub"],
        "account_level": 2,
        "name": "Nguyễn Thị Mẫu",
        "birthdate": "1990-01-15",
        "gender": "female",
        "nationality": "VNM",
        "personal_number": "001190000001",
        "phone_number": "+84900000001",
        "phone_number_verified": True,
    }  # no e-mail: this holder has none (CF-29)


def test_a_post_with_the_header_or_the_form__oidc_core_5_3_1(world: World, access: str) -> None:
    by_header = world.userinfo(f"Bearer {access}", method="POST")
    by_form = world.userinfo(None, method="POST", form=(("access_token", access),))
    assert by_header.body == by_form.body
    assert by_form.status == 200


def test_the_subject_is_that_of_the_id_token__CF_28(world: World) -> None:
    tokens = world.tokens()
    claims = jwt.decode(tokens["id_token"], options={"verify_signature": False})
    assert world.userinfo(f"Bearer {tokens['access_token']}").body["sub"] == claims["sub"]


@pytest.mark.parametrize("scheme", ["bearer", "BEARER", "bEaReR", "Bearer "])
def test_the_scheme_may_be_of_any_case__CF_31(world: World, access: str, scheme: str) -> None:
    assert world.userinfo(f"{scheme} {access}").status == 200


def test_never_in_the_query__CF_30(world: World, access: str) -> None:
    query = (("access_token", access),)
    assert challenges(world.userinfo(None, query=query), 400, "invalid_request")
    assert challenges(world.userinfo(f"Bearer {access}", query=query), 400, "invalid_request")


def test_in_one_place_only__RS_01(world: World, access: str) -> None:
    form = (("access_token", access),)
    both = world.userinfo(f"Bearer {access}", method="POST", form=form)
    assert challenges(both, 400, "invalid_request")
    twice = world.userinfo(None, method="POST", form=form * 2)
    assert challenges(twice, 400, "invalid_request")


def test_without_a_token_there_is_no_error_code__rfc6750_3_1(world: World) -> None:
    assert challenges(world.userinfo(None), 401, None)


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Bearer x",
        "Bearer {0}x",
        "Bearer {0} {0}",
        "Bearer {0}, Bearer {0}",
        "Bearer\t{0}",
        "Bearer {0}\n",
        "Bearer {0}\0",
        "DPoP {0}",
        "Basic {0}",
        "{0}",
        "Bearer é",
        "Bearer " + "x" * 1_000_000,
    ],
)
def test_a_broken_header_is_never_accepted__RS_04(world: World, access: str, header: str) -> None:
    assert challenges(world.userinfo(header.format(access)), 401, "invalid_token")


def test_a_changed_token_is_none__TK_17(world: World, access: str) -> None:
    for changed in (access[:-1], access + "A", access.swapcase(), access[::-1]):
        assert challenges(world.userinfo(f"Bearer {changed}"), 401, "invalid_token")


def test_no_other_kind_of_token__RS_02(world: World) -> None:
    tokens = world.tokens()
    for other in (tokens["id_token"], world.code()):
        assert challenges(world.userinfo(f"Bearer {other}"), 401, "invalid_token")


def test_a_token_lives_five_minutes__TJ_13(world: World, access: str) -> None:
    world.clock.advance(timedelta(seconds=299))
    assert world.userinfo(f"Bearer {access}").status == 200
    world.clock.advance(timedelta(seconds=1))
    assert challenges(world.userinfo(f"Bearer {access}"), 401, "invalid_token")


@pytest.mark.parametrize("status", [AccountStatus.LOCKED, AccountStatus.CLOSED])
def test_a_locked_person_is_401_at_once__RS_06(
    world: World, access: str, status: AccountStatus
) -> None:
    world.run(world.store.keep([MoveAccount(make_account(status=status), 1)], ()))
    assert challenges(world.userinfo(f"Bearer {access}"), 401, "invalid_token")


def test_an_ended_session_ends_its_tokens__LO_04(world: World, access: str) -> None:
    world.run(world.store.keep([EndSession(make_session().id, NOW)], ()))
    assert challenges(world.userinfo(f"Bearer {access}"), 401, "invalid_token")


def test_a_disabled_client_learns_nothing__CA_06(world: World, access: str) -> None:
    world.run(put_client(world.store, replace(world.client, disabled=True)))
    assert challenges(world.userinfo(f"Bearer {access}"), 401, "invalid_token")


def test_a_token_without_openid_is_insufficient__RS_03(world: World, access: str) -> None:
    grants = world.store.tables.grants
    for name, grant in list(grants.items()):
        grants[name] = replace(grant, scope=("profile",))
    assert challenges(world.userinfo(f"Bearer {access}"), 403, "insufficient_scope")


def test_a_release_is_written_with_names_and_no_values(world: World, access: str) -> None:
    world.userinfo(f"Bearer {access}")
    event = repr(world.store.events[-1])
    assert event.startswith("ClaimsReleased")
    assert "personal_number" in event
    assert "001190000001" not in event


def test_an_address_that_nobody_proved_says_so() -> None:
    holder = make_citizen(contact=Contact(None, "mau@example.test"))
    world = signed_in_world(None, None, holder)
    tokens = world.tokens(scope="openid phone email")
    info = world.userinfo(f"Bearer {tokens['access_token']}").body
    assert info["email"] == "mau@example.test"
    assert info["email_verified"] is False
    assert "phone_number" not in info
    assert "phone_number_verified" not in info
