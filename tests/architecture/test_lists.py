"""One list per kind of thing: everything is on its list, and each row has its words and a test."""

import inspect
import re
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import get_args

import pytest
from starlette.routing import Route

from api.pages.translate import LOCALES
from api.routes import DEMO_ROUTERS, ROUTERS
from api.routes.oidc import HOT
from chipcard_sim.applications import APPLICATIONS
from eid.authentication import FACTORS
from eid.domain import audit, changes
from eid.domain.assurance import METHODS
from eid.oidc import discovery
from eid.oidc.claims import CLAIMS, SCOPES
from eid.oidc.endpoints import ENDPOINTS
from eid.oidc.grants import GRANTS
from eid.oidc.policy import OidcPolicy
from eid.oidc.profiles import PROFILES as CLIENT_PROFILES
from eid.standins.situations import SITUATIONS
from eid.store.doors.keep import CHANGES
from keys.algorithms import ALGORITHMS
from keys.pki.profiles import PROFILES as CERTIFICATE_PROFILES

ROOT = Path(__file__).resolve().parents[2]
ISSUER = "https://id.example"
# What a change rests on, not a change by itself.
PARTS_OF_CHANGES = {changes.Standing, changes.OnStanding}


def paths() -> Iterator[str]:
    """Every path that the front door serves, without what is filled in."""
    for router in (*ROUTERS, *DEMO_ROUTERS):
        yield from (route.path for route in router.routes if isinstance(route, Route))
    yield from (route.path for route in HOT)


LISTS: dict[str, Iterable[str]] = {
    "claims": CLAIMS,
    "scopes": SCOPES,
    "factors": [factor.name for factor in FACTORS],
    "grants": GRANTS,
    "endpoints": ENDPOINTS.values(),
    "client profiles": [profile.value for profile in CLIENT_PROFILES],
    "certificate profiles": CERTIFICATE_PROFILES,
    "card applications": [one.__name__.removesuffix("Application") for one in APPLICATIONS],
    "algorithms": ALGORITHMS,
    "situations": SITUATIONS,
    "routes": sorted({re.sub(r"/?\{.*", "", path) for path in paths()} - {"/", ""}),
    "languages": LOCALES,
}
ROWS = [(kind, name) for kind, names in LISTS.items() for name in names]


@cache
def words(folder: str, ending: str) -> str:
    """Everything that is written there, but for this file."""
    found = sorted((ROOT / folder).rglob(f"*{ending}"))
    return "\n".join(path.read_text("utf-8") for path in found if path != Path(__file__))


def is_named(name: str, text: str) -> bool:
    """Whether the text has that name as a word; docs may write it with spaces or in capitals."""
    spelled = re.escape(name.casefold()).replace("_", "[_ -]")
    return re.search(rf"(?<![\w]){spelled}(?![\w])", text) is not None


@pytest.mark.parametrize(("kind", "name"), ROWS)
def test_each_row_stands_in_the_guides(kind: str, name: str) -> None:
    assert is_named(name, words("docs", ".md").casefold()), f"{kind}: no guide tells of {name}"


@pytest.mark.parametrize(("kind", "name"), ROWS)
def test_each_row_is_named_by_a_test(kind: str, name: str) -> None:
    assert is_named(name, words("tests", ".py").casefold()), f"{kind}: no test names {name}"


def test_no_list_is_empty_and_no_row_stands_twice() -> None:
    for kind, names in LISTS.items():
        rows = list(names)
        assert rows, kind
        assert len(rows) == len(set(rows)), kind


@pytest.mark.parametrize("name", ["no_such_claim", "/no/such/path"])
def test_a_row_without_words_would_be_seen(name: str) -> None:
    assert not is_named(name, words("docs", ".md").casefold())
    assert not is_named("name", "the names and the filename")


# What decisions are made of


def defined(module: object) -> set[type]:
    """The classes that a module defines itself."""
    return {
        one
        for _, one in inspect.getmembers(module, inspect.isclass)
        if inspect.getmodule(one) is module
    }


def test_every_change_is_one_and_the_store_keeps_it() -> None:
    assert set(get_args(changes.Change)) == defined(changes) - PARTS_OF_CHANGES
    assert set(CHANGES) == set(get_args(changes.Change))


def test_every_audit_event_is_in_the_catalogue() -> None:
    assert set(audit.EVENTS) == defined(audit) - {audit.AuditEvent}
    assert len(audit.EVENTS) == len(set(audit.EVENTS))


@pytest.mark.parametrize("event", audit.EVENTS, ids=lambda event: event.__name__)
def test_every_audit_event_is_written_by_a_room_and_looked_for_by_a_test(event: type) -> None:
    name = event.__name__
    assert re.search(rf"\b{name}\(", words("eid", ".py").replace(f"class {name}(", ""))
    assert re.search(rf"\b{name}\b", words("tests", ".py"))


# What the provider says of itself


def promised() -> dict[str, object]:
    return discovery.document(OidcPolicy(ISSUER, bytes(32)))


def test_discovery_promises_only_paths_that_are_served__discovery_3() -> None:
    found = {
        name: str(value).removeprefix(ISSUER)
        for name, value in promised().items()
        if name.endswith(("_endpoint", "_uri"))
    }
    assert {"authorization_endpoint", "token_endpoint", "jwks_uri"} <= set(found)
    assert set(found.values()) <= set(paths())


def test_discovery_promises_only_what_is_on_the_lists__discovery_3() -> None:
    told = promised()
    assert told["grant_types_supported"] == list(GRANTS)
    assert told["scopes_supported"] == list(SCOPES)
    assert told["claims_supported"] == [*discovery.ALWAYS, *CLAIMS]
    assert told["ui_locales_supported"] == list(LOCALES)
    signing = told["id_token_signing_alg_values_supported"]
    assert isinstance(signing, list)
    assert set(signing) <= set(ALGORITHMS)


def test_every_factor_has_its_method_and_its_page() -> None:
    assert {factor.name for factor in FACTORS} <= set(METHODS)
