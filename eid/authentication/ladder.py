"""The ladder: what to ask for next to reach the wanted level."""

from eid.authentication import FACTORS
from eid.domain.assurance import AuthenticationLevel, AuthenticationMethod, authentication_level
from eid.domain.session import LoginSession
from eid.errors import LevelTooLow


def next_factor(
    session: LoginSession | None, wanted: AuthenticationLevel
) -> AuthenticationMethod | None:
    """Say which factor to ask for now; None when the session has reached the wanted level.

    A factor that reaches it by itself goes before one that is only a step. Raises `LevelTooLow`
    when all the factors there are do not lead there: asking for the first would be in vain.
    """
    proved = tuple(event.method for event in session.events) if session else ()
    if _reaches(proved, wanted):
        return None
    if not _reaches((*proved, *FACTORS), wanted):
        raise LevelTooLow(f"no factors for level {wanted.value}")
    known = frozenset(kind for method in proved for kind in method.kinds)
    useful = [factor for factor in FACTORS if factor.kinds - known]
    enough = [factor for factor in useful if _reaches((*proved, factor), wanted)]
    return (enough or useful)[0]


def _reaches(methods: tuple[AuthenticationMethod, ...], wanted: AuthenticationLevel) -> bool:
    level = authentication_level(methods)
    return level is not None and level >= wanted
