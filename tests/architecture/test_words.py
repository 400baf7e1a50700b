"""Every language has every sentence, and every row of a list has its words."""

import re
from pathlib import Path
from string import Formatter

import pytest

from api.errors import ONE_SENTENCE
from api.pages.translate import LOCALES, sentences
from eid import errors
from eid.authentication import FACTORS
from eid.oidc.claims import CLAIMS

PAGES = Path(__file__).resolve().parents[2] / "api"
BUILT = ("consent.claim.", "error.", "notice.", "demo.outbox.")  # keys made from names


def placeholders(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


def every_error() -> list[type[errors.EidError]]:
    found, todo = [], [errors.EidError]
    while todo:
        one = todo.pop()
        todo += one.__subclasses__()
        if one is not errors.EidError:
            found.append(one)
    return found


def test_every_language_has_every_key() -> None:
    reference = set(sentences(LOCALES[0]))
    for locale in LOCALES:
        assert set(sentences(locale)) == reference


def test_placeholders_are_the_same_in_every_language() -> None:
    first, *others = (sentences(locale) for locale in LOCALES)
    for other in others:
        differing = {k for k in first if placeholders(first[k]) != placeholders(other[k])}
        assert not differing


@pytest.mark.parametrize("error", every_error(), ids=lambda e: e.code)
def test_every_error_a_citizen_can_meet_has_its_sentence(error: type[errors.EidError]) -> None:
    assert error.code in ONE_SENTENCE or f"error.{error.code}" in sentences("vi")


def test_error_codes_are_distinct() -> None:
    codes = [error.code for error in every_error()]
    assert len(codes) == len(set(codes))


def test_every_claim_has_its_line_on_the_consent_page() -> None:
    assert CLAIMS
    for claim in CLAIMS:
        assert f"consent.claim.{claim}" in sentences("vi")


def test_every_factor_has_its_section_and_page() -> None:
    assert FACTORS
    for factor in FACTORS:
        assert f"login.{factor.name}.title" in sentences("vi")
        assert (PAGES / "pages" / "templates" / "login" / f"{factor.name}.html").is_file()


def test_no_sentence_is_unused() -> None:
    source = "\n".join(
        path.read_text(encoding="utf-8")
        for path in PAGES.rglob("*")
        if path.suffix in {".py", ".html", ".js"}
    )
    used = set(re.findall(r"[\"']([a-z_]+(?:\.[a-z_]+)+)[\"']", source))
    steps = {key for key in sentences("vi") if re.match(r"(help|activation\.step)", key)}
    unused = {
        key for key in sentences("vi") if key not in used and not key.startswith(BUILT)
    } - steps
    assert not unused
