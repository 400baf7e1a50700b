"""One change to a good answer, and the sign-in must fail."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from unit.portal.fake_provider import ISSUER, FakeProvider
from unit.portal.visitor import MovingClock, Visitor, text_of

Members = dict[str, Any]


def without(name: str) -> Callable[[Members], Members]:
    return lambda members: {key: value for key, value in members.items() if key != name}


def with_(**changed: Any) -> Callable[[Members], Members]:
    return lambda members: members | changed


def assert_refused(visitor: Visitor, code: str, status: int = 400, **wish: str) -> None:
    page = visitor.sign_in(**wish)
    assert (page.status_code, text_of(page, "error-code")) == (status, code)
    assert 'id="signed-in-name"' not in visitor.get("/").text


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (without("iss"), "issuer_missing"),
        (with_(iss="http://localhost:9000"), "issuer_mixed_up"),
        (with_(iss=ISSUER + "/"), "issuer_mixed_up"),
        (with_(iss=""), "issuer_mixed_up"),
        (with_(state="another"), "sign_in_unknown"),
        (without("state"), "sign_in_unknown"),
        (without("code"), "answer_malformed"),
        (with_(code=""), "answer_malformed"),
        (with_(code=["one", "two"]), "answer_malformed"),
        (with_(iss=[ISSUER, ISSUER]), "answer_malformed"),
        (with_(code="never issued"), "invalid_grant"),
        (with_(error="access_denied"), "access_denied"),
        (with_(error="login_required", code=""), "login_required"),
        (with_(error="login_required", iss="http://elsewhere.example"), "issuer_mixed_up"),
        (with_(error="<script>alert(1)</script>"), "answer_malformed"),
        (with_(error="x" * 65), "answer_malformed"),
        (with_(error="مرفوض"), "answer_malformed"),
    ],
)
def test_one_change_to_a_good_answer_is_refused__rfc9207_2_4(
    visitor: Visitor, provider: FakeProvider, change: Callable[[Members], Members], code: str
) -> None:
    provider.change_answer = change
    assert_refused(visitor, code)


def test_a_state_with_the_same_beginning_is_another_state__rfc6749_10_12(
    visitor: Visitor, provider: FakeProvider
) -> None:
    # The cookie is found by the beginning of the state; the whole of it is compared afterwards.
    provider.change_answer = lambda answer: answer | {"state": answer["state"][:-1] + "~"}
    assert_refused(visitor, "state_wrong")


def test_an_issuer_that_never_names_itself_may_stay_silent__rfc9207_2_4(
    visitor: Visitor, provider: FakeProvider
) -> None:
    provider.change_discovery = without("authorization_response_iss_parameter_supported")
    provider.change_answer = without("iss")
    assert visitor.sign_in().headers["location"] == "/"


def test_a_callback_in_another_browser_is_refused__SS_08(
    visitor: Visitor, new_visitor: Callable[[], Visitor]
) -> None:
    attackers = visitor.provider.answer(visitor.begin())
    victim = new_visitor()
    victim.begin()  # the victim has a sign-in of its own under way
    page = victim.get("/callback", **attackers)
    assert (page.status_code, text_of(page, "error-code")) == (400, "sign_in_unknown")
    assert 'id="signed-in-name"' not in victim.get("/").text


def test_a_cookie_of_one_sign_in_does_not_end_another__SS_08(visitor: Visitor) -> None:
    one, two = visitor.provider.answer(visitor.begin()), visitor.provider.answer(visitor.begin())
    jar = {name: value for name, value in visitor.browser.cookies.items() if "signin" in name}
    first, second = (f"portal-signin-{answer['state'][:16]}" for answer in (one, two))
    visitor.browser.cookies.clear()
    swapped = {"cookie": f"{second}={jar[first]}"}
    page = visitor.browser.get("/callback", params=two, headers=swapped)
    assert text_of(page, "error-code") == "state_wrong"


def test_an_answer_works_once__rfc6749_4_1_2(visitor: Visitor, provider: FakeProvider) -> None:
    address = visitor.begin()
    answer = provider.answer(address)
    assert visitor.get("/callback", **answer).headers["location"] == "/"
    page = visitor.get("/callback", **answer)
    assert text_of(page, "error-code") == "sign_in_unknown"
    assert provider.requests.count("/token") == 1


def test_a_refusal_keeps_the_transaction_spent(visitor: Visitor, provider: FakeProvider) -> None:
    answer = provider.answer(visitor.begin())
    refused = visitor.get("/callback", **(answer | {"iss": "http://elsewhere.example"}))
    assert text_of(refused, "error-code") == "issuer_mixed_up"
    again = visitor.get("/callback", **answer)
    assert text_of(again, "error-code") == "sign_in_unknown"
    assert "/token" not in provider.requests


def test_a_sign_in_must_be_finished_within_ten_minutes(
    visitor: Visitor, clock: MovingClock
) -> None:
    address = visitor.begin()
    clock.now += timedelta(minutes=10)
    assert text_of(visitor.come_back(address), "error-code") == "sign_in_unknown"


def test_a_failed_sign_in_leaves_the_session_before_it(
    visitor: Visitor, provider: FakeProvider
) -> None:
    visitor.sign_in()
    provider.change_answer = with_(error="login_required")
    assert text_of(visitor.sign_in(prompt="none"), "error-code") == "login_required"
    assert 'id="signed-in-name"' in visitor.get("/").text


@pytest.mark.parametrize(
    ("change", "code", "status"),
    [
        (without("id_token"), "provider_away", 502),
        (without("access_token"), "provider_away", 502),
        (with_(id_token=7), "provider_away", 502),
        (with_(token_type="DPoP"), "provider_away", 502),
        (without("token_type"), "provider_away", 502),
        (with_(token_type="bearer"), None, 303),  # RFC 6749, section 5.1: case does not matter
        (with_(access_token="another"), "access_token_wrong", 400),
    ],
)
def test_one_change_to_a_good_token_reply__rfc6749_5_1(
    visitor: Visitor,
    provider: FakeProvider,
    change: Callable[[Members], Members],
    code: str | None,
    status: int,
) -> None:
    provider.change_token_reply = change
    page = visitor.sign_in()
    assert page.status_code == status
    if code is not None:
        assert text_of(page, "error-code") == code


@pytest.mark.parametrize(
    ("wish", "seconds_ago", "holds"),
    [
        ({"prompt": "login"}, 60, True),
        ({"prompt": "login"}, 61, False),
        ({"max_age": "0"}, 61, False),
        ({"max_age": "300"}, 360, True),
        ({"max_age": "300"}, 361, False),
        ({"prompt": "none"}, 86400, True),
        ({}, 86400, True),
    ],
)
def test_an_old_authentication_is_refused_where_a_fresh_one_was_asked__oidc_core_3_1_2_1(
    visitor: Visitor, provider: FakeProvider, wish: dict[str, str], seconds_ago: int, *, holds: bool
) -> None:
    provider.change_claims = lambda claims: (
        claims | {"auth_time": claims["auth_time"] - seconds_ago}
    )
    answer = visitor.sign_in(**wish)
    if holds:
        assert answer.headers["location"] == "/"
    else:
        assert text_of(answer, "error-code") == "sign_in_too_old"


def test_a_level_below_the_one_asked_is_refused__oidc_core_3_1_3_7(visitor: Visitor) -> None:
    # The provider may answer an acr_values with less (Core, 3.1.2.1); the agency need not take it.
    assert_refused(visitor, "acr_too_low", acr_values="urn:vn:eid:authn:3")


@pytest.mark.parametrize("change", [without("sub"), with_(sub="pairwise-2"), with_(sub=None)])
def test_claims_of_another_subject_are_not_taken__oidc_core_5_3_2(
    visitor: Visitor, provider: FakeProvider, change: Callable[[Members], Members]
) -> None:
    provider.change_userinfo = change
    assert_refused(visitor, "subject_differs")


def test_the_id_token_s_claims_win_over_userinfo(visitor: Visitor, provider: FakeProvider) -> None:
    provider.change_userinfo = with_(acr="urn:vn:eid:authn:4", account_level=9)
    visitor.sign_in()
    page = visitor.get("/")
    assert text_of(page, "claim-acr") == "urn:vn:eid:authn:2"
    assert text_of(page, "claim-account_level") == "2"


def test_a_claim_is_shown_as_text_and_never_as_markup(
    visitor: Visitor, provider: FakeProvider
) -> None:
    provider.change_userinfo = with_(name="<b onclick=x>Mẫu</b>", **{'"><script>': "<script>"})
    visitor.sign_in()
    text = visitor.get("/").text
    assert "<b onclick" not in text
    assert "<script" not in text
    assert "&lt;b onclick=x&gt;" in text
