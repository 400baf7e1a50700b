"""A Transport that answers from a script, and remembers what it was asked."""

from collections.abc import Iterator


class ScriptedCard:
    def __init__(self, *answers: str, for_ever: str | None = None) -> None:
        self.asked: list[str] = []
        self._answers: Iterator[str] = iter(answers)
        self._for_ever = for_ever

    def transmit(self, command: bytes) -> bytes:
        self.asked.append(command.hex().upper())
        answer = next(self._answers, self._for_ever)
        assert answer is not None, "asked more often than the script knows"
        return bytes.fromhex(answer)
