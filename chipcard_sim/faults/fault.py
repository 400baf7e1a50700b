"""What a fault is: a name, what is wrong, who must refuse it and with which code."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from chipcard_sim.faults.genuine import Ask, genuine_answer
from chipcard_sim.iso7816.transport import Transport

Play = Callable[[Transport, Ask], str]
"""The text that goes to the provider; a TerminalError where the reader has to refuse."""

Wrap = Callable[[Transport], Transport]
"""Stands between reader and card, and makes a misbehaving card of a good one."""


class Group(StrEnum):
    """What is wrong: the certificate, the signature and its token, the document, or the chip."""

    CERTIFICATE = "certificate"
    SIGNATURE = "signature"
    DOCUMENT = "document"
    CHIP = "chip"


class Method(StrEnum):
    """How the card was asked: for a signature with its PIN, or to be read with its CAN."""

    CARD_SIGNATURE = "card_signature"
    CARD_CHIP = "card_chip"


class RefusedBy(StrEnum):
    """Who sees it: the reader, which sends nothing then, or the provider."""

    PROVIDER = "provider"
    READER = "reader"


class Before(StrEnum):
    """What has to happen before the fault can be played; no card can do that by itself."""

    NOTHING = ""
    ACCEPTED = "the provider has accepted an answer to the same challenge"
    REVOKED = "`eid revoke-card` was given for the card"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One way to be wrong. It has either a `wrap`, or an `act` that makes the answer itself.

    Attributes:
        name: in kebab-case.
        group: what is wrong.
        english: what the card does, in a sentence.
        vietnamese: the same.
        code: with which it is refused: an error of the provider, or a refusal of the bridge.
        reason: what the provider's operator reads besides, where one code has many reasons.
        clause: what it tests: a requirement, or a clause of a standard.
        method: how the card was asked.
        refused_by: who must refuse it.
        before: what has to happen before.
        wrap: a misbehaving chip; the reader in front of it is a good one.
        act: what answers, with the good card at hand.
    """

    name: str
    group: Group
    english: str
    vietnamese: str
    code: str
    clause: str
    reason: str = ""
    method: Method = Method.CARD_SIGNATURE
    refused_by: RefusedBy = RefusedBy.PROVIDER
    before: Before = Before.NOTHING
    wrap: Wrap | None = field(default=None, repr=False)
    act: Play | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        if (self.wrap is None) == (self.act is None):
            raise ValueError(f"{self.name}: either a chip that misbehaves, or an answer")

    def play(self, card: Transport, ask: Ask) -> str:
        """Have a good card answer wrongly.

        Raises:
            NeedsAccepted: the fault begins with an accepted answer, and none was given.
            TerminalError: as a reader's; the fault may be made to be refused there.
        """
        if self.act is not None:
            return self.act(card, ask)
        transport = card if self.wrap is None else self.wrap(card)
        return genuine_answer(transport, ask, is_read=self.method is Method.CARD_CHIP)


def requirement(number: int) -> str:
    """The short name of a requirement on cards."""
    return f"CV-{number:02}"
