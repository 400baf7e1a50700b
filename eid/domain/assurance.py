"""Two scales that are never mixed: how well a person was proofed, how well a sign-in was done."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum, StrEnum


class AccountLevel(IntEnum):
    """How well the person behind the account was proofed (Decree 69/2024, Art. 7)."""

    LEVEL_1 = 1
    LEVEL_2 = 2


class AuthenticationLevel(IntEnum):
    """How well this sign-in was done (Decree 69/2024: four levels of authentication)."""

    LEVEL_1 = 1
    LEVEL_2 = 2
    LEVEL_3 = 3
    LEVEL_4 = 4

    @property
    def acr(self) -> str:
        """The level as an OpenID Connect authentication context class reference."""
        return f"urn:vn:eid:authn:{self.value}"


ACR_LEVELS = {level.acr: level for level in AuthenticationLevel}


class FactorKind(StrEnum):
    """What a factor rests on: something known, something held, or the body."""

    KNOWN = "known"
    HELD = "held"
    BIOMETRIC = "biometric"


@dataclass(frozen=True, slots=True)
class AuthenticationMethod:
    """One way to prove oneself: its name, its kinds, and its RFC 8176 references."""

    name: str
    kinds: frozenset[FactorKind]
    amr: tuple[str, ...]


CARD_SIGNATURE = AuthenticationMethod(
    "card_signature",
    frozenset({FactorKind.HELD, FactorKind.KNOWN}),  # the chip, and the PIN it asked for
    ("sc", "pin"),
)

CARD_CERTIFICATE = AuthenticationMethod(
    "card_certificate",
    frozenset({FactorKind.HELD, FactorKind.KNOWN}),  # the same key, asked by TLS, and its PIN
    ("sc", "pin"),
)
CARD_CHIP = AuthenticationMethod(
    "card_chip",
    frozenset({FactorKind.HELD}),  # what opens the chip is printed on it: nothing is known
    ("hwk",),
)

METHODS = {method.name: method for method in (CARD_SIGNATURE, CARD_CERTIFICATE, CARD_CHIP)}


def authentication_level(methods: Iterable[AuthenticationMethod]) -> AuthenticationLevel | None:
    """Derive the level from the kinds that were proved; None when nothing was.

    Level 4 needs a biometric, a held and a known factor; level 3 two different factors, one of
    them biometric; level 2 two different factors; level 1 one (Decree 69/2024).
    """
    kinds = frozenset(kind for method in methods for kind in method.kinds)
    if not kinds:
        return None
    if kinds == frozenset(FactorKind):
        return AuthenticationLevel.LEVEL_4
    if len(kinds) > 1:
        biometric = FactorKind.BIOMETRIC in kinds
        return AuthenticationLevel.LEVEL_3 if biometric else AuthenticationLevel.LEVEL_2
    return AuthenticationLevel.LEVEL_1
