"""The demo agencies' client files fit the agencies' own settings."""

import json
from pathlib import Path
from typing import Any

import pytest
from portals import Portal, portals_on
from ports import Ports

from api.portal.settings import PortalSettings

CLIENTS = Path(__file__).parents[3] / "docker" / "clients"
PORTS = {"portal": 8101, "tax": 8102, "library": 8103}
MEMBERS = {
    "client_id",
    "profile",
    "agency",
    "redirect_uris",
    "post_logout_redirect_uris",
    "grant_types",
    "response_types",
    "scope",
    "token_endpoint_auth_method",
    "id_token_signed_response_alg",
    "subject_type",
    "least_account_level",
    "least_authentication_level",
    "required_claims",
}
CLAIMS = {
    "profile": {"name", "birthdate", "gender", "nationality"},
    "personal_number": {"personal_number"},
    "openid": {"sub"},
}


def read(name: str) -> dict[str, Any]:
    members: dict[str, Any] = json.loads((CLIENTS / f"{name}.json").read_text(encoding="utf-8"))
    return members


def test_there_are_these_clients() -> None:
    assert {path.name for path in CLIENTS.iterdir()} == {f"{name}.json" for name in PORTS}


@pytest.mark.parametrize("name", PORTS)
def test_a_client_file_fits_the_agency_s_settings(name: str) -> None:
    client = read(name)
    agency = PortalSettings(
        client_id=client["client_id"],
        client_secret_file=Path("/none"),
        origin=f"http://127.0.0.1:{PORTS[name]}",
        scopes=client["scope"],
    )
    assert client["redirect_uris"] == [agency.redirect_uri]
    assert client["post_logout_redirect_uris"] == [agency.signed_out_uri]
    assert client["client_id"] == f"{name}-demo"


@pytest.mark.parametrize("name", PORTS)
def test_a_client_file_has_these_members_and_holds_no_secret__rfc7591_2(name: str) -> None:
    client = read(name)
    assert set(client) == MEMBERS
    assert set(client["agency"]) == {"id", "names", "sector"}
    assert client["profile"] == "web"
    assert client["grant_types"] == ["authorization_code"]
    assert client["response_types"] == ["code"]
    assert client["token_endpoint_auth_method"] == "client_secret_basic"
    assert client["id_token_signed_response_alg"] == "ES256"
    assert client["subject_type"] == "pairwise"
    assert client["least_account_level"] in {1, 2}
    assert client["least_authentication_level"] in {1, 2, 3, 4}


@pytest.mark.parametrize("name", PORTS)
def test_an_agency_says_that_it_is_a_demo_in_both_languages(name: str) -> None:
    client = read(name)
    names = client["agency"]["names"]
    assert names["vi"].endswith("(bản thử)")
    assert names["en"].endswith("(demo)")


@pytest.mark.parametrize("name", PORTS)
def test_no_claim_is_required_that_no_scope_brings(name: str) -> None:
    client = read(name)
    within = set().union(*(CLAIMS[scope] for scope in client["scope"].split()))
    assert set(client["required_claims"]) <= within


def test_every_agency_is_in_a_sector_of_its_own__TJ_08() -> None:
    assert len({read(name)["agency"]["sector"] for name in PORTS}) == len(PORTS)
    assert len({read(name)["agency"]["id"] for name in PORTS}) == len(PORTS)


def test_the_library_alone_is_content_with_the_chip_and_learns_nobody_s_name() -> None:
    least = {name: read(name)["least_authentication_level"] for name in PORTS}
    assert least == {"portal": 2, "tax": 2, "library": 1}
    library = read("library")
    assert (library["scope"], library["required_claims"]) == ("openid", [])


@pytest.mark.parametrize("portal", portals_on(Ports()), ids=lambda portal: portal.key)
def test_an_agency_is_told_what_its_client_file_says(portal: Portal) -> None:
    client = read(portal.key)
    agency = client["agency"]
    assert agency["names"] == {"vi": portal.name_vi, "en": portal.name_en}
    assert (agency["sector"], client["scope"]) == (portal.sector, portal.scopes)
    assert portal.least_acr == f"urn:vn:eid:authn:{client['least_authentication_level']}"
    assert portal.port == PORTS[portal.key]


def test_the_first_agency_is_the_portal_of_the_defaults() -> None:
    agency, client = PortalSettings.model_fields, read("portal")["agency"]
    assert agency["name_vi"].default == client["names"]["vi"]
    assert agency["name_en"].default == client["names"]["en"]
    assert agency["sector"].default == client["sector"]
