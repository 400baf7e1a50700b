"""Programs of strangers sign in with the card's certificate, through a real TLS front."""

import json
from collections.abc import Callable
from datetime import timedelta

import pytest
from browser import Page
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from foreign.tls.clients import Curl, KeyFiles, by_gnutls, by_nss, write_files
from foreign.tls.conftest import Visit
from pki_for_tests import BEGIN, SoftCard, ThrowAwayPki

Show = Callable[[Visit, KeyFiles, str], Page]


def by_curl(*options: str) -> Show:
    def show(visit: Visit, files: KeyFiles, url: str) -> Page:
        shown = ("--cert", str(files.certificate), "--key", str(files.key))
        return visit.curl.ask(url, None, *shown, *options)

    return show


def by_gnutls_cli(visit: Visit, files: KeyFiles, url: str) -> Page:
    return by_gnutls(visit.world.ca.authority, files, url)


def by_tstclnt(visit: Visit, files: KeyFiles, url: str) -> Page:
    return by_nss(visit.world.ca.authority, files, url, visit.folder)


CLIENTS: dict[str, Show] = {
    "curl, TLS 1.3": by_curl("--tlsv1.3"),
    "curl, TLS 1.2": by_curl("--tlsv1.2", "--tls-max", "1.2"),
    "gnutls-cli": by_gnutls_cli,
    "NSS": by_tstclnt,
}


def arrive(visit: Visit, shown: Page) -> Page:
    """Go back to our pages with what came of it."""
    assert shown.status == 303, shown.text
    assert shown.location is not None
    return visit.curl.go(shown.location)


@pytest.mark.parametrize("show", CLIENTS.values(), ids=CLIENTS)
def test_a_stranger_signs_in_with_the_card_s_certificate(
    show: Show, visit: Visit, files: KeyFiles
) -> None:
    shown = show(visit, files, visit.to_the_door())
    assert shown.headers["referrer-policy"] == "no-referrer"
    page = arrive(visit, shown)
    if "decision" in page.text:  # the holder has not agreed before
        page = visit.curl.submit(page, page.form("/consent/"), {"decision": "agree"})
    assert page.element("signed-in-name") == visit.holder["name"]
    told = json.loads(page.read().texts["id-token-payload"])
    assert told["acr"] == "urn:vn:eid:authn:2"
    assert told["amr"] == ["sc", "pin"]


def refused(visit: Visit, shown: Page) -> tuple[int, str | None]:
    """How the page says no; it is the same page again, with a fresh challenge."""
    page = arrive(visit, shown)
    assert "show-certificate" in page.read().attributes
    return page.status, page.element("error-code")


def files_of(card: SoftCard, visit: Visit) -> KeyFiles:
    private = card.key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
    return write_files(visit.folder, card.der, private)


def test_who_shows_nothing_is_told_on_the_page(visit: Visit) -> None:
    shown = visit.curl.ask(visit.to_the_door())
    assert refused(visit, shown) == (401, "certificate_missing")


def test_a_stranger_s_certificate_is_refused__CV_20(visit: Visit) -> None:
    files = files_of(ThrowAwayPki().card(), visit)
    shown = by_curl()(visit, files, visit.to_the_door())
    assert refused(visit, shown) == (401, "proof_rejected")


def test_an_expired_certificate_is_told_by_us_not_by_nginx__CV_23(visit: Visit) -> None:
    """nginx has a bare page for it (495); its holder reads what to do instead."""
    files = files_of(ThrowAwayPki().card(end=BEGIN + timedelta(days=1)), visit)
    shown = by_curl()(visit, files, visit.to_the_door())
    assert refused(visit, shown) == (401, "certificate_expired")


@pytest.mark.parametrize(
    ("situation", "status", "code"),
    [("certificate_revoked", 401, "certificate_revoked"), ("locked", 403, "account_locked")],
)
def test_a_card_that_does_not_stand_is_refused__CV_30(
    situation: str, status: int, code: str, visit: Visit
) -> None:
    shown = by_curl()(visit, visit.files(situation), visit.to_the_door())
    assert refused(visit, shown) == (status, code)


def test_the_way_back_works_once_and_in_one_browser__SS_08__L_42(
    visit: Visit, files: KeyFiles
) -> None:
    shown = by_curl()(visit, files, visit.to_the_door())
    assert shown.location is not None
    (visit.folder / "other").mkdir()
    stranger = Curl(visit.world.ca.authority, visit.folder / "other")
    page = stranger.go(shown.location)
    assert (page.status, page.element("error-code")) == (404, "unknown_pending")
    mine = visit.curl.ask(shown.location)
    assert (mine.status, "__Host-eid-session" in mine.headers["set-cookie"]) == (303, True)
    again = visit.curl.go(shown.location)
    assert (again.status, again.element("error-code")) == (401, "proof_rejected")
