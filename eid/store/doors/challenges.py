"""Challenges: added through `keep`, spent here."""

from datetime import datetime

from eid.domain.challenge import Challenge, ChallengePurpose
from eid.store.doors.columns import can_be_there, micros, moment
from eid.store.drivers import Driver, Values
from eid.store.statements import grants as sql


class ChallengesDoor:
    """`eid.ports.Challenges`."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def spend(
        self, nonce: str, purpose: ChallengePurpose, bound_to: bytes, now: datetime
    ) -> Challenge | None:
        """Use a challenge up and commit; None when unknown, of another transaction, or spent."""
        if not can_be_there(nonce):
            return None
        values: Values = {
            "nonce": nonce,
            "purpose": purpose.value,
            "bound_to": bound_to,
            "now": micros(now),
        }
        for row in await self._driver.rows(sql.SPEND_CHALLENGE, values):
            return Challenge(
                nonce=row["nonce"],
                purpose=ChallengePurpose(row["purpose"]),
                origin=row["origin"],
                bound_to=row["bound_to"],
                issued_at=moment(row["issued_at"]),
                expires_at=moment(row["expires_at"]),
            )
        return None


def challenge_values(challenge: Challenge) -> Values:
    """The columns of table `challenge`."""
    return {
        "nonce": challenge.nonce,
        "purpose": challenge.purpose.value,
        "origin": challenge.origin,
        "bound_to": challenge.bound_to,
        "issued_at": micros(challenge.issued_at),
        "expires_at": micros(challenge.expires_at),
    }
