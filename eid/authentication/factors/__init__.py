"""One file per factor: a plain function that decides what its evidence proves.

What a factor proves is a `FactorProof`; a refusal is a value too, so that it can be kept.
"""

from dataclasses import dataclass

from eid.domain.facts import AccountFacts
from eid.domain.session import AuthenticationEvent


@dataclass(frozen=True, slots=True)
class FactorProof:
    """The holder of this account proved this factor at this time."""

    owner: AccountFacts
    event: AuthenticationEvent
