"""SCOPES and CLAIMS: what an agency may learn of a holder. One row each; all else follows."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from eid.domain.account import Account
from eid.domain.agency import Client
from eid.domain.holder import Holder, Organisation, Sex

ClaimValue = str | bool | int


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim: the scope that asks for it, and how to read it; None where a holder has none."""

    name: str
    scope: str
    read: Callable[[Holder], ClaimValue | None]


def display_name(holder: Holder) -> str:
    """The holder's full name; an organisation's in the country's language where it has one."""
    if isinstance(holder, Organisation):
        return holder.names.get("vi") or next(iter(holder.names.values()))
    return holder.name.full


def _birthdate(holder: Holder) -> str | None:
    # OpenID Connect Core, 5.1: YYYY-MM-DD.
    return None if isinstance(holder, Organisation) else holder.born.isoformat()


def _gender(holder: Holder) -> str | None:
    if isinstance(holder, Organisation):
        return None
    return "female" if holder.sex is Sex.FEMALE else "male"


def _nationality(holder: Holder) -> str | None:
    return None if isinstance(holder, Organisation) else holder.nationality


def _phone_verified(holder: Holder) -> bool | None:
    # The number is registered to the holder (or the guardian): the application was matched so.
    return True if holder.contact.phone else None


def _email_verified(holder: Holder) -> bool | None:
    # An address is declared and nobody has proved it.
    return False if holder.contact.email else None


CLAIMS: Final[Mapping[str, Claim]] = {
    row.name: row
    for row in (
        Claim("name", "profile", display_name),
        Claim("birthdate", "profile", _birthdate),
        Claim("gender", "profile", _gender),
        Claim("nationality", "profile", _nationality),
        Claim("personal_number", "personal_number", lambda holder: holder.number),
        Claim("phone_number", "phone", lambda holder: holder.contact.phone),
        Claim("phone_number_verified", "phone", _phone_verified),
        Claim("email", "email", lambda holder: holder.contact.email),
        Claim("email_verified", "email", _email_verified),
    )
}

OPENID: Final = "openid"
SCOPES: Final = (OPENID, *dict.fromkeys(row.scope for row in CLAIMS.values()))


def asked_scopes(scope: str, client: Client) -> tuple[str, ...]:
    """What of a scope parameter counts: known, and registered for the client (AZ-18)."""
    asked = set(scope.split(" "))
    return tuple(name for name in SCOPES if name in asked and name in client.scopes)


def asked_claims(scopes: Iterable[str], singles: Iterable[str], client: Client) -> tuple[str, ...]:
    """The claims that scopes and single wishes amount to, never beyond the client's (AZ-19)."""
    scopes, singles = frozenset(scopes), frozenset(singles)
    return tuple(
        row.name
        for row in CLAIMS.values()
        if row.scope in scopes or (row.name in singles and row.scope in client.scopes)
    )


def release(
    claims: Iterable[str], consented: frozenset[str], holder: Holder
) -> dict[str, ClaimValue]:
    """What is handed out: asked for, agreed to, and there (RS-05, CF-29: nothing empty)."""
    released: dict[str, ClaimValue] = {}
    for name in claims:
        value = CLAIMS[name].read(holder) if name in consented and name in CLAIMS else None
        if value is not None and value != "":
            released[name] = value
    return released


def account_claims(account: Account) -> dict[str, ClaimValue]:
    """How well the person was proofed: told always. An organisation's account has no level."""
    return {} if account.level is None else {"account_level": int(account.level)}
