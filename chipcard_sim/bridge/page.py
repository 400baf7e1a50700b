"""The pages as HTML, in the language that was asked for: desk, its door, the reader's window."""

from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from chipcard_sim.bridge.faces import CardFace
from chipcard_sim.bridge.view import DeskView
from chipcard_sim.bridge.words import choose_language, read_words

_SPOKEN_BY_WINDOW = ("window", "refusal")
_SPOKEN_BY_DESK = ("live", "refusal", "status", "what")


class WindowPage:
    """The reader's window. Both languages travel with it, so that switching loads nothing."""

    def __init__(self, origins: Sequence[str]) -> None:
        self._origins = list(origins)
        self._words = read_words()
        self._template = _template("window.html")

    def render(
        self,
        asked_language: str | None,
        cards: Sequence[CardFace],
        inserted: str | None = None,
        *,
        shows_print: bool = False,
    ) -> str:
        """Return the page with these cards to choose from; the inserted one is chosen already.

        With `shows_print` it leads to the desk, where what is printed on them can be seen.
        """
        language = choose_language(asked_language)
        spoken = {
            each: {section: words[section] for section in _SPOKEN_BY_WINDOW}
            for each, words in self._words.items()
        }
        setup = {"language": language, "origins": self._origins, "words": spoken}
        return self._template.render(
            language=language,
            words=self._words[language],
            cards=cards,
            inserted=inserted,
            shows_print=shows_print,
            setup=setup,
        )


class DeskPage:
    """The desk's page: all of it can be read without script; acting needs one."""

    def __init__(self) -> None:
        self._words = read_words()
        self._template = _template("desk.html")

    def render(self, asked_language: str | None, view: DeskView) -> str:
        """Return the page that shows a view of the desk."""
        language = choose_language(asked_language)
        words = self._words[language]
        setup = {"words": {section: words[section] for section in _SPOKEN_BY_DESK}}
        return self._template.render(language=language, words=words, view=view, setup=setup)


class DoorPage:
    """What is shown in place of the desk to somebody whom another site sent: a link to it."""

    def __init__(self) -> None:
        self._words = read_words()
        self._template = _template("door.html")

    def render(self, asked_language: str | None) -> str:
        """Return the page, which says nothing of any card."""
        language = choose_language(asked_language)
        return self._template.render(language=language, words=self._words[language])


def _template(name: str) -> Template:
    folder = Path(__file__).parent / "templates"
    # Names come from certificates: everything is escaped, and an unknown word is an error.
    environment = Environment(
        loader=FileSystemLoader(folder),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(name)
