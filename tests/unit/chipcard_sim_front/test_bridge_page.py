import re
import string
from datetime import UTC, datetime
from pathlib import Path

import pytest

from chipcard_sim import bridge
from chipcard_sim.bridge.faces import CardFace
from chipcard_sim.bridge.page import WindowPage
from chipcard_sim.bridge.refusals import REFUSALS
from chipcard_sim.bridge.words import LANGUAGES, read_words

FOLDER = Path(bridge.__file__).parent
SCRIPT = "".join(
    (FOLDER / "static" / f"{name}.js").read_text("utf-8") for name in ("window", "server")
)
TEMPLATE = (FOLDER / "templates" / "window.html").read_text("utf-8")
DAY = datetime(2025, 1, 1, tzinfo=UTC)
# Codes that only the script itself gives.
OWN_CODES = {"pins_differ", "unreachable"}


def face(holder: str) -> CardFace:
    return CardFace("VN0000001", holder, "••••••••0001", DAY, DAY)


def spoken(pattern: str, text: str) -> set[str]:
    return set(re.findall(pattern, text))


def placeholders(text: str) -> list[str]:
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name is not None)


@pytest.mark.parametrize("section", ["window", "refusal", "door", "desk", "live", "what", "status"])
def test_every_language_says_the_same_things(section: str) -> None:
    words = read_words()
    assert tuple(words) == LANGUAGES
    first, *others = (words[language][section] for language in LANGUAGES)
    for other in others:
        assert other.keys() == first.keys()
        for key, text in other.items():
            assert placeholders(text) == placeholders(first[key])
            assert text.strip()


def test_every_refusal_has_words_and_none_is_left_over() -> None:
    assert read_words()["vi"]["refusal"].keys() == REFUSALS.keys() | OWN_CODES
    assert spoken(r'code: "(\w+)"', SCRIPT) == OWN_CODES


def test_every_word_is_said_somewhere() -> None:
    in_template = spoken(r'say\("(\w+)"\)', TEMPLATE) | spoken(r'data-word="(\w+)"', TEMPLATE)
    for _, label, hint in re.findall(r'digits\("([\w-]+)", "(\w+)", "(\w+)"', TEMPLATE):
        in_template |= {label, hint}
    in_script = spoken(r'(?:announce|word)\("(\w+)"\)', SCRIPT)
    assert in_template | in_script == read_words()["vi"]["window"].keys()


@pytest.mark.parametrize(
    ("asked", "language", "submit"),
    [
        ("vi", "vi", "Xác thực"),
        ("en", "en", "Identify me"),
        (None, "vi", "Xác thực"),
        ("../en", "vi", "Xác thực"),
        ('"><script>', "vi", "Xác thực"),
    ],
)
def test_the_page_speaks_the_asked_language(asked: str | None, language: str, submit: str) -> None:
    page = WindowPage(["http://localhost:8000"]).render(asked, [face("NGUYEN THI MAU")])
    assert f'<html lang="{language}">' in page
    assert f'data-word="submit">{submit}</span>' in page
    assert "Mô phỏng: không phải VNeID" in page
    assert "Simulator: not VNeID" in page


def test_only_where_print_is_known_the_page_leads_to_it() -> None:
    page = WindowPage(["http://localhost:8000"])
    faces = [face("NGUYEN THI MAU")]
    assert 'id="front"' in page.render("vi", faces, shows_print=True)
    assert 'id="front"' not in page.render("vi", faces)


def test_a_name_cannot_become_markup() -> None:
    page = WindowPage(["http://localhost:8000"]).render(
        "vi", [face("<script>alert(1)</script>'\"")]
    )
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


def test_the_page_needs_nothing_the_policy_forbids() -> None:
    page = WindowPage(["http://localhost:8000"]).render("vi", [face("NGUYEN THI MAU")])
    assert re.findall(r"<script(?![^>]*\ssrc=)", page) == []
    assert (
        re.findall(r"\son\w+=|\sstyle=|<style|javascript:|https?://(?!localhost:8000)", page) == []
    )


def test_every_field_has_its_label__wcag_1_3_1() -> None:
    page = WindowPage(["http://localhost:8000"]).render("vi", [])
    fields = spoken(r'<(?:input|select) id="([\w-]+)"', page)
    assert fields == spoken(r'<label for="([\w-]+)"', page)
    assert {f"{field}-hint" for field in fields if "card" not in field} <= spoken(
        r' id="([\w-]+)"', page
    )


def test_the_script_posts_to_no_star() -> None:
    assert '"*"' not in SCRIPT.replace('// "*"', "")
