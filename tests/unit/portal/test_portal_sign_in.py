from collections.abc import Callable
from datetime import timedelta
from urllib.parse import parse_qs, parse_qsl, urlsplit

from unit.portal.fake_provider import CLIENT_ID, ISSUER, FakeProvider
from unit.portal.visitor import MovingClock, Visitor, text_of


def asked_of(address: str) -> dict[str, str]:
    pairs = parse_qsl(urlsplit(address).query)
    assert len(dict(pairs)) == len(pairs)
    return dict(pairs)


def test_a_citizen_signs_in_and_sees_what_the_agency_received(visitor: Visitor) -> None:
    response = visitor.sign_in()
    assert (response.status_code, response.headers["location"]) == (303, "/")
    page = visitor.get("/")
    assert text_of(page, "signed-in-name") == "Nguyễn Thị Mẫu"
    assert text_of(page, "claim-sub") == "pairwise-1"
    assert text_of(page, "claim-acr") == "urn:vn:eid:authn:2"
    assert text_of(page, "claim-amr") == '["sc", "pin"]'
    assert text_of(page, "claim-account_level") == "2"
    assert text_of(page, "claim-birthdate") == "1990-01-15"
    assert text_of(page, "claim-auth_time").isdigit()
    assert '"alg": "ES256"' in text_of(page, "id-token-header")
    assert f'"aud": "{CLIENT_ID}"' in text_of(page, "id-token-payload")


def test_the_request_is_a_code_request_with_pkce__rfc7636_4_3(visitor: Visitor) -> None:
    address = visitor.begin()
    asked = asked_of(address)
    assert address.startswith(f"{ISSUER}/authorize?")
    assert asked["response_type"] == "code"
    assert asked["code_challenge_method"] == "S256"
    assert asked["redirect_uri"] == "http://127.0.0.1:8101/callback"
    assert asked["scope"] == "openid profile personal_number"
    assert asked["acr_values"] == "urn:vn:eid:authn:2"
    assert asked["ui_locales"] == "vi"
    assert "prompt" not in asked
    assert "max_age" not in asked


def test_no_two_sign_ins_share_a_secret__rfc9700_2_1(visitor: Visitor) -> None:
    one, two = asked_of(visitor.begin()), asked_of(visitor.begin())
    for name in ("state", "nonce", "code_challenge"):
        assert one[name] != two[name]
        assert len(one[name]) >= 43  # 256 bits


def test_the_verifier_and_the_nonce_stay_off_the_browser(
    visitor: Visitor, provider: FakeProvider
) -> None:
    address = visitor.begin()
    jar = " ".join(visitor.browser.cookies.values())
    assert asked_of(address)["nonce"] not in jar
    assert visitor.come_back(address).headers["location"] == "/"
    assert provider.requests.count("/token") == 1


def test_a_link_may_ask_for_more_or_less(visitor: Visitor) -> None:
    asked = asked_of(
        visitor.begin(prompt="login", max_age="0", acr_values="urn:vn:eid:authn:4", scope="openid")
    )
    assert asked["prompt"] == "login"
    assert asked["max_age"] == "0"
    assert asked["acr_values"] == "urn:vn:eid:authn:4"
    assert asked["scope"] == "openid"


def test_a_link_asks_for_nothing_outside_the_settings(visitor: Visitor) -> None:
    for wish in (
        {"acr_values": "urn:vn:eid:authn:1"},
        {"acr_values": "urn:vn:eid:authn:9"},
        {"acr_values": "urn:vn:eid:authn:2 urn:vn:eid:authn:1"},
        {"scope": "openid phone"},
        {"scope": "profile"},
        {"prompt": "select_account"},
        {"max_age": "-1"},
        {"max_age": "1e3"},
        {"max_age": "٣"},
        {"max_age": "999999"},
    ):
        page = visitor.get("/login", **wish)
        assert (page.status_code, text_of(page, "error-code")) == (400, "request_unknown"), wish


def test_every_trial_link_on_the_front_page_begins_a_sign_in(visitor: Visitor) -> None:
    page = visitor.get("/")
    for name in ("sign-in", "try-anew", "try-silent", "try-max-age", "try-higher", "try-less"):
        tag = page.text.split(f'id="{name}"')[1].split(">")[0]
        link = tag.split('href="')[1].split('"')[0]
        assert visitor.browser.get(link).status_code == 303, name


def test_two_tabs_do_not_disturb_each_other(visitor: Visitor) -> None:
    one, two = visitor.begin(), visitor.begin()
    assert visitor.come_back(one).headers["location"] == "/"
    assert visitor.come_back(two).headers["location"] == "/"


def test_signing_in_makes_a_new_session_and_the_old_one_is_dead__SS_02(
    visitor: Visitor, new_visitor: Callable[[], Visitor]
) -> None:
    visitor.sign_in()
    before = visitor.browser.cookies["portal-session"]
    visitor.sign_in()
    assert visitor.browser.cookies["portal-session"] != before
    thief = new_visitor()
    thief.browser.cookies.set("portal-session", before)
    assert 'id="signed-in-name"' not in thief.get("/").text


def test_a_session_name_chosen_by_another_is_not_taken_over__SS_02(visitor: Visitor) -> None:
    visitor.browser.cookies.set("portal-session", "chosen-by-another", domain="127.0.0.1")
    response = visitor.sign_in()
    assert "portal-session=chosen-by-another" not in response.headers["set-cookie"]
    assert "portal-session=" in response.headers["set-cookie"]


def test_a_session_ends_after_an_hour__SS_05(visitor: Visitor, clock: MovingClock) -> None:
    visitor.sign_in()
    clock.now += timedelta(minutes=59)
    assert 'id="signed-in-name"' in visitor.get("/").text
    clock.now += timedelta(minutes=1)
    assert 'id="signed-in-name"' not in visitor.get("/").text


def test_signing_out_ends_both_sessions__rp_initiated_logout_2(
    visitor: Visitor, new_visitor: Callable[[], Visitor]
) -> None:
    visitor.sign_in()
    kept = visitor.browser.cookies["portal-session"]
    csrf = visitor.get("/").text.split('name="csrf" value="')[1].split('"')[0]
    response = visitor.browser.post("/logout", data={"csrf": csrf})
    assert response.status_code == 303
    assert response.headers["location"].startswith(f"{ISSUER}/logout?")
    asked = asked_of(response.headers["location"])
    assert asked["id_token_hint"].count(".") == 2
    assert asked["post_logout_redirect_uri"] == "http://127.0.0.1:8101/signed-out"
    assert 'id="signed-in-name"' not in visitor.get("/").text
    # A saved copy of the cookie opens nothing any more (SS-04).
    thief = new_visitor()
    thief.browser.cookies.set("portal-session", kept)
    assert 'id="signed-in-name"' not in thief.get("/").text
    visitor.get("/?lang=en")
    farewell = visitor.get("/signed-out", state=asked["state"])
    assert "and of the electronic identification service" in farewell.text


def test_a_foreign_farewell_is_not_believed(visitor: Visitor) -> None:
    visitor.get("/?lang=en")
    page = visitor.get("/signed-out", state="made-up")
    assert "may still be open" in page.text
    assert "may still be open" in visitor.get("/signed-out", state="").text


def test_signing_out_needs_the_form_s_own_token__SS_06(
    visitor: Visitor, new_visitor: Callable[[], Visitor]
) -> None:
    visitor.sign_in()
    other = new_visitor()
    other.sign_in()
    foreign = other.get("/").text.split('name="csrf" value="')[1].split('"')[0]
    own = visitor.get("/").text.split('name="csrf" value="')[1].split('"')[0]
    too_long = {"csrf": own, "padding": "x" * 4096}
    for form in ({}, {"csrf": ""}, {"csrf": "guessed"}, {"csrf": foreign}, too_long):
        response = visitor.browser.post("/logout", data=form)
        assert (response.status_code, text_of(response, "error-code")) == (403, "form_not_ours")
    assert 'id="signed-in-name"' in visitor.get("/").text
    assert visitor.get("/logout").status_code == 405


def test_signing_out_works_where_the_provider_has_no_end_of_session(
    visitor: Visitor, provider: FakeProvider
) -> None:
    provider.change_discovery = lambda document: {
        name: value for name, value in document.items() if name != "end_session_endpoint"
    }
    visitor.sign_in()
    csrf = visitor.get("/").text.split('name="csrf" value="')[1].split('"')[0]
    response = visitor.browser.post("/logout", data={"csrf": csrf})
    assert response.headers["location"] == "/signed-out"
    assert 'id="signed-in-name"' not in visitor.get("/").text


def test_signing_out_without_a_session_leads_home(visitor: Visitor) -> None:
    assert visitor.browser.post("/logout").headers["location"] == "/"


def test_a_forged_session_cookie_is_no_session__SS_14(visitor: Visitor) -> None:
    for forged in (b"", b"x", b"x" * 4000, b"%00", "é".encode(), b"\xff"):
        page = visitor.browser.get("/", headers={b"cookie": b"portal-session=" + forged})
        assert page.status_code == 200
        assert 'id="signed-in-name"' not in page.text


def test_the_language_switch_is_remembered_and_passed_on(visitor: Visitor) -> None:
    assert '<html lang="vi">' in visitor.get("/").text
    assert '<html lang="en">' in visitor.get("/?lang=en").text
    assert '<html lang="en">' in visitor.get("/").text
    assert parse_qs(urlsplit(visitor.begin()).query)["ui_locales"] == ["en"]
    assert '<html lang="en">' in visitor.get("/?lang=xx").text
