"""The catalogues are whole: no event, change or error that its list does not know."""

import dataclasses
import inspect
import re
from types import ModuleType
from typing import get_args

import pytest

from eid import errors
from eid.domain import audit, changes
from eid.domain.audit import EVENTS, AuditEvent, word_of
from eid.domain.changes import Change, OnStanding, Standing
from eid.errors import CertificateUntrusted, EidError

CATEGORIES = {"Malformed", "ProofRejected", "Refused", "Unknown", "Conflict", "Unavailable"}
NOT_CHANGES = {Standing, OnStanding}


def defined_in(module: ModuleType) -> set[type]:
    found = inspect.getmembers(module, inspect.isclass)
    return {kind for _, kind in found if kind.__module__ == module.__name__}


def test_every_event_is_in_the_catalogue__AU_06() -> None:
    assert set(EVENTS) == defined_in(audit) - {AuditEvent}
    assert len(set(EVENTS)) == len(EVENTS)


@pytest.mark.parametrize("event", EVENTS)
def test_an_event_says_when_and_whose_and_never_changes__AU_06(event: type[AuditEvent]) -> None:
    assert issubclass(event, AuditEvent)
    names = [field.name for field in dataclasses.fields(event)]
    assert names[:2] == ["visit", "account"]
    assert event.__dataclass_params__.frozen  # type: ignore[attr-defined]
    assert {"text", "message", "detail", "secret", "number", "pin"}.isdisjoint(names)


@pytest.mark.parametrize("word", ["wrong_purpose", "untrusted", "malformed", "bad_subject"])
def test_the_word_behind_a_refusal_is_kept__AU_06(word: str) -> None:
    assert word_of(CertificateUntrusted(word)) == word


@pytest.mark.parametrize(
    "detail",
    [
        "",
        "another holder's card",
        "001190000001",
        "wrong_purpose\n",
        "Nguyen",
        "_",
        "a" * 33,
        "a__b",
    ],
)
def test_of_a_sentence_a_number_or_a_name_nothing_is_kept__AU_06(detail: str) -> None:
    assert not word_of(CertificateUntrusted(detail))


def test_every_change_is_in_the_union() -> None:
    assert set(get_args(Change)) == defined_in(changes) - NOT_CHANGES


@pytest.mark.parametrize("change", get_args(Change))
def test_a_change_never_changes(change: type) -> None:
    assert change.__dataclass_params__.frozen  # type: ignore[attr-defined]


def eid_errors() -> list[type[EidError]]:
    return [kind for kind in defined_in(errors) if issubclass(kind, EidError)]


def test_every_error_has_a_code_of_its_own() -> None:
    codes = [kind.code for kind in eid_errors()]
    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", code) for code in codes)


def test_every_error_has_one_category() -> None:
    for kind in eid_errors():
        above = {base.__name__ for base in kind.__mro__}
        assert kind is EidError or len(above & CATEGORIES) == 1


def test_an_error_says_its_code_and_its_detail_to_the_operator() -> None:
    assert str(errors.WrongHolder()) == "wrong_holder"
    assert str(errors.WrongHolder("another's")) == "wrong_holder: another's"
    assert errors.CodeWrong(3).attempts_left == 3
