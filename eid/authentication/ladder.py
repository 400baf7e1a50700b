"""The ladder: what to ask for next to reach the wanted level."""

from collections.abc import Container

from eid.authentication import FACTORS
from eid.domain.assurance import AuthenticationLevel, AuthenticationMethod, authentication_level
from eid.domain.session import LoginSession
from eid.errors import LevelTooLow


def next_factors(
    session: LoginSession | None,
    wanted: AuthenticationLevel,
    absent: Container[AuthenticationMethod] = (),
) -> tuple[AuthenticationMethod, ...]:
    """Say which factors may be asked for now, the first before the others; none at the level.

    Those that reach the wanted level by themselves are all on offer; where there is none, the
    first that is a step is. Factors that are `absent` here are never asked for. Raises
    `LevelTooLow` when all there are do not lead there: asking for the first would be in vain.
    """
    present = tuple(factor for factor in FACTORS if factor not in absent)
    proved = tuple(event.method for event in session.events) if session else ()
    if _reaches(proved, wanted):
        return ()
    if not _reaches((*proved, *present), wanted):
        raise LevelTooLow(f"no factors for level {wanted.value}")
    known = frozenset(kind for method in proved for kind in method.kinds)
    useful = tuple(factor for factor in present if factor.kinds - known)
    enough = tuple(factor for factor in useful if _reaches((*proved, factor), wanted))
    return enough or useful[:1]


def _reaches(methods: tuple[AuthenticationMethod, ...], wanted: AuthenticationLevel) -> bool:
    level = authentication_level(methods)
    return level is not None and level >= wanted
