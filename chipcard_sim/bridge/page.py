"""The reader's window as HTML, in the language that was asked for."""

from collections.abc import Sequence
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from chipcard_sim.bridge.faces import CardFace
from chipcard_sim.bridge.words import choose_language, read_words


class WindowPage:
    """The one page there is. Both languages travel with it, so that switching loads nothing."""

    def __init__(self, origins: Sequence[str]) -> None:
        self._origins = list(origins)
        self._words = read_words()
        folder = Path(__file__).parent / "templates"
        # Names come from certificates: everything is escaped, and an unknown word is an error.
        environment = Environment(
            loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined
        )
        self._template = environment.get_template("window.html")

    def render(self, asked_language: str | None, cards: Sequence[CardFace]) -> str:
        """Return the page with these cards to choose from."""
        language = choose_language(asked_language)
        setup = {"language": language, "origins": self._origins, "words": self._words}
        return self._template.render(
            language=language, words=self._words[language], cards=cards, setup=setup
        )
