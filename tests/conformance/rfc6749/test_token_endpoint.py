"""RFC 6749, sections 2.3, 3.2, 4.1.3 to 4.1.4 and 5: the token endpoint."""

from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

import pytest
from builders import (
    NOW,
    SECRET,
    make_account,
    make_basic_client,
    make_client,
    make_session,
    put_client,
)
from oidc_world import CALLBACK, Reply, World, basic, signed_in_world

from eid.domain.account import AccountStatus
from eid.domain.agency import ClientAuthentication
from eid.domain.changes import EndSession, MoveAccount, RevokeGrant
from eid.domain.identifiers import ClientId


@pytest.fixture
def world() -> World:
    return signed_in_world()


def is_error(reply: Reply, status: int, error: str) -> bool:
    description = reply.body.get("error_description", "")
    assert all(" " <= c <= "~" and c not in '"\\' for c in description)  # CF-15
    assert reply.headers["Cache-Control"] == "no-store"
    return (reply.status, reply.body["error"]) == (status, error)


def test_a_code_becomes_tokens__rfc6749_4_1_4(world: World) -> None:
    reply = world.token(world.code())
    assert reply.status == 200
    assert reply.headers["Content-Type"] == "application/json"
    assert reply.headers["Cache-Control"] == "no-store"  # CF-19
    assert reply.headers["Pragma"] == "no-cache"
    assert reply.body["token_type"] == "Bearer"
    assert reply.body["expires_in"] == 300  # Authlib's own default is ten days
    assert set(reply.body) == {"access_token", "token_type", "expires_in", "scope", "id_token"}


def test_a_code_works_once__rfc6749_4_1_2(world: World) -> None:
    code = world.code()
    assert world.token(code).status == 200
    assert is_error(world.token(code), 400, "invalid_grant")


def test_reusing_a_code_revokes_its_tokens__rfc6749_4_1_2(world: World) -> None:
    code = world.code()
    access = world.token(code).body["access_token"]
    assert world.userinfo(f"Bearer {access}").status == 200
    world.token(code)
    assert world.userinfo(f"Bearer {access}").status == 401
    assert "CodeReplayed" in world.store.event_names()


def test_a_replay_between_looking_and_keeping_leaves_a_dead_token__TK_04(world: World) -> None:
    """One of many racers is answered, whatever the order; what it gets is worth nothing."""
    code = world.code()

    async def replay() -> None:
        request = world.token_request(world.exchange(code))
        await world.engine.token(request, world.visit)

    world.store.before_keep = replay
    won = world.token(code)
    assert won.status == 200
    assert world.userinfo(f"Bearer {won.body['access_token']}").status == 401
    assert "CodeReplayed" in world.store.event_names()


def test_a_code_lives_a_minute__TK_03(world: World) -> None:
    code = world.code()
    world.clock.advance(timedelta(seconds=59))
    assert world.token(code).status == 200
    late = world.code()
    world.clock.advance(timedelta(seconds=60))
    assert is_error(world.token(late), 400, "invalid_grant")


def test_a_wrong_verifier_burns_the_code__TK_05(world: World) -> None:
    code = world.code()
    assert is_error(world.token(code, code_verifier="w" * 43), 400, "invalid_grant")
    assert is_error(world.token(code), 400, "invalid_grant")


@pytest.mark.parametrize("uri", [None, CALLBACK + "/", "https://tax.example/other", ""])
def test_the_redirect_uri_is_repeated__rfc6749_4_1_3(world: World, uri: str | None) -> None:
    assert is_error(world.token(world.code(), redirect_uri=uri), 400, "invalid_grant")


def test_another_client_can_neither_use_nor_burn_a_code__CF_21(world: World) -> None:
    code = world.code()
    other = make_client(id=ClientId("other"))
    world.run(put_client(world.store, other))
    stolen = world.token_with(world.exchange(code), {"Authorization": basic("other", SECRET)})
    assert is_error(stolen, 400, "invalid_grant")
    assert world.token(code).status == 200


def test_who_is_nobody_burns_no_code__TK_05(world: World) -> None:
    code = world.code()
    wrong = world.token_with(
        world.exchange(code), {"Authorization": basic(world.client.id, "wrong")}
    )
    assert is_error(wrong, 401, "invalid_client")
    assert world.token(code).status == 200


@pytest.mark.parametrize("change", ["x", "", "A" * 43, "é", "x" * 300])
def test_no_other_code_is_good__TK_17(world: World, change: str) -> None:
    code = world.code()
    assert world.token(change).status == 400
    assert is_error(world.token(code[:-1]), 400, "invalid_grant")
    assert is_error(world.token(code + " "), 400, "invalid_grant")
    assert is_error(world.token(code.swapcase()), 400, "invalid_grant")


@pytest.mark.parametrize(
    ("grant_type", "error"),
    [
        ("password", "unsupported_grant_type"),
        ("client_credentials", "unsupported_grant_type"),
        ("refresh_token", "unsupported_grant_type"),
        ("implicit", "unsupported_grant_type"),
        ("urn:ietf:params:oauth:grant-type:jwt-bearer", "unsupported_grant_type"),
        ('é"\\', "unsupported_grant_type"),
        (None, "invalid_request"),
    ],
)
def test_no_other_grant__TK_10(world: World, grant_type: str | None, error: str) -> None:
    assert is_error(world.token(world.code(), grant_type=grant_type), 400, error)


def test_a_code_is_needed__rfc6749_4_1_3(world: World) -> None:
    form = {"grant_type": "authorization_code", "redirect_uri": CALLBACK}
    assert is_error(world.token_with(form), 400, "invalid_request")


@pytest.mark.parametrize("method", ["GET", "PUT", "HEAD"])
def test_only_post__TK_01(world: World, method: str) -> None:
    reply = world.token_with(world.exchange(world.code()), method=method)
    assert reply.status == 405
    assert reply.headers["Allow"] == "POST"


@pytest.mark.parametrize("media", ["application/json", "multipart/form-data", "text/plain", ""])
def test_only_a_form_body__TK_01(world: World, media: str) -> None:
    headers = {"Authorization": basic(world.client.id, SECRET), "Content-Type": media}
    reply = world.token_with(world.exchange(world.code()), headers)
    assert is_error(reply, 400, "invalid_request")


def test_a_form_may_name_its_charset(world: World) -> None:
    media = "Application/X-WWW-Form-URLencoded; charset=UTF-8"
    headers = {"Authorization": basic(world.client.id, SECRET), "Content-Type": media}
    assert world.token_with(world.exchange(world.code()), headers).status == 200


def test_credentials_in_the_query_are_not_seen__rfc6749_2_3_1() -> None:
    world = signed_in_world(make_client(authentication=ClientAuthentication.SECRET_POST))
    query = (("client_id", world.client.id), ("client_secret", SECRET))
    reply = world.token_with(world.exchange(world.code()), {}, query)
    assert is_error(reply, 400, "invalid_request")
    assert world.store.tables.tokens == {}


@pytest.mark.parametrize("name", ["code", "grant_type", "redirect_uri", "code_verifier", "x"])
def test_nothing_is_said_twice__rfc6749_3_2(world: World, name: str) -> None:
    form = world.exchange(world.code(), x="1")
    reply = world.token_with((*form.items(), (name, form[name])))
    assert is_error(reply, 400, "invalid_request")


def test_basic_and_post_secrets_both_work__rfc6749_2_3_1() -> None:
    world = signed_in_world(make_client(authentication=ClientAuthentication.SECRET_POST))
    form = world.exchange(world.code(), client_id=world.client.id, client_secret=SECRET)
    assert world.token_with(form, {}).status == 200


@pytest.mark.parametrize("secret", ["a:b%c+d/e=f", "mật khẩu", " space ", "100%25", "+"])
def test_basic_credentials_are_form_decoded__CA_05(secret: str) -> None:
    world = signed_in_world(make_client(secret_hash=sha256(secret.encode()).digest()))
    headers = {"Authorization": basic(world.client.id, secret)}
    assert world.token_with(world.exchange(world.code()), headers).status == 200


def test_the_scheme_may_be_of_any_case(world: World) -> None:
    headers = {"Authorization": basic(world.client.id, SECRET).replace("Basic", "bAsIc")}
    assert world.token_with(world.exchange(world.code()), headers).status == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Authorization": ""},
        {"Authorization": "Basic"},
        {"Authorization": "Basic "},
        {"Authorization": "Basic !!!"},
        {"Authorization": "Basic /////w=="},
        {"Authorization": basic("tax-portal", "")},
        {"Authorization": basic("", SECRET)},
        {"Authorization": basic("nobody", SECRET)},
        {"Authorization": basic("tax-portal", SECRET + "x")},
        {"Authorization": basic("tax-portal", SECRET[:-1])},
        {"Authorization": basic("tax-portal", SECRET.upper())},
        {"Authorization": basic("tax-portal", "\0")},
        {"Authorization": basic("tax-portal", "x" * 10_000)},
        {"Authorization": "Bearer " + SECRET},
        {"Authorization": "Digest x"},
    ],
)
def test_a_client_that_proves_nothing__CA_06(world: World, headers: dict[str, str]) -> None:
    code = world.code()
    reply = world.token_with(world.exchange(code), headers)
    assert is_error(reply, 401, "invalid_client")
    assert reply.headers["WWW-Authenticate"].startswith("Basic ")  # RFC 6749, 5.2
    assert world.token(code).status == 200


def test_a_client_without_a_secret_has_none_to_guess__CA_06() -> None:
    world = signed_in_world(make_client(secret_hash=None))
    for secret in ("", "x", "None"):
        headers = {"Authorization": basic(world.client.id, secret)}
        reply = world.token_with(world.exchange(world.code()), headers)
        assert is_error(reply, 401, "invalid_client")


def test_a_disabled_client_gets_nothing__CA_06(world: World) -> None:
    code = world.code()
    world.run(put_client(world.store, replace(world.client, disabled=True)))
    assert is_error(world.token(code), 401, "invalid_client")


def test_two_methods_at_once_are_invalid_request__CA_04(world: World) -> None:
    form = world.exchange(world.code(), client_id=world.client.id, client_secret=SECRET)
    reply = world.token_with(form, {"Authorization": basic(world.client.id, SECRET)})
    assert is_error(reply, 400, "invalid_request")


def test_an_unregistered_method_is_invalid_client__CA_04(world: World) -> None:
    form = world.exchange(world.code(), client_id=world.client.id, client_secret=SECRET)
    assert is_error(world.token_with(form, {}), 401, "invalid_client")


def test_a_client_id_in_the_body_must_agree__CA_04(world: World) -> None:
    assert is_error(world.token(world.code(), client_id="other"), 401, "invalid_client")
    assert world.token(world.code(), client_id=world.client.id).status == 200


def test_a_client_id_alone_is_no_proof__CF_22(world: World) -> None:
    form = world.exchange(world.code(), client_id=world.client.id)
    assert is_error(world.token_with(form, {}), 401, "invalid_client")


def lock(world: World) -> None:
    account = make_account(status=AccountStatus.LOCKED)
    world.run(world.store.keep([MoveAccount(account, 1)], ()))


def end(world: World) -> None:
    world.run(world.store.keep([EndSession(make_session().id, NOW)], ()))


def revoke(world: World) -> None:
    grant = next(iter(world.store.tables.grants))
    world.run(world.store.keep([RevokeGrant(grant, NOW)], ()))


@pytest.mark.parametrize("meanwhile", [lock, end, revoke])
def test_a_code_dies_with_what_it_rests_on__TK_09_LO_04(world: World, meanwhile: object) -> None:
    code = world.code()
    assert callable(meanwhile)
    meanwhile(world)
    assert is_error(world.token(code), 400, "invalid_grant")
    assert world.store.tables.tokens == {}


def test_a_lock_between_looking_and_keeping_wins__TK_09(world: World) -> None:
    code = world.code()

    async def slip_in() -> None:
        await world.store.keep([MoveAccount(make_account(status=AccountStatus.LOCKED), 1)], ())

    world.store.before_keep = slip_in
    assert is_error(world.token(code), 400, "invalid_grant")
    assert world.store.tables.tokens == {}
    assert world.store.event_names()[-1] == "TokenRefused"
    assert is_error(world.token(code), 400, "invalid_grant")


def test_secrets_are_never_echoed__TK_14(world: World) -> None:
    code = world.code()
    replies = [
        world.token(code, grant_type=SECRET),
        world.token(code, code_verifier=SECRET + "x" * 20),
        world.token_with(world.exchange(code), {"Authorization": basic(SECRET, SECRET)}),
    ]
    for reply in replies:
        assert SECRET.encode() not in reply.raw
        assert code.encode() not in reply.raw


def test_a_basic_client_needs_no_pkce_state_or_nonce() -> None:
    world = signed_in_world(make_basic_client())
    plain = {"code_challenge": None, "code_challenge_method": None, "state": None, "nonce": None}
    reply = world.token(world.code(**plain), code_verifier=None)
    assert reply.status == 200


def test_a_refused_client_is_remembered__AU(world: World) -> None:
    world.token_with(world.exchange("x"), {})
    event = world.store.events[-1]
    assert type(event).__name__ == "TokenRefused"
