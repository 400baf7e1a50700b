"""What has been proven since power-on, and what a key or an object asks for."""

from enum import Enum, auto

from chipcard_sim.chip.quirks import Quirk
from chipcard_sim.iso7816.secure_messaging import SecureMessaging
from chipcard_sim.iso7816.status import CardError, StatusWord


class Condition(Enum):
    """Access conditions (NIST SP 800-73-4 part 1, table 2 and 4b)."""

    NONE = auto()
    PIN = auto()
    PIN_ALWAYS = auto()  # the PIN again before every single use
    MANAGEMENT = auto()  # the card management key, by who writes to the card


class SecurityStatus:
    """The volatile security status. Power-off, reset and another application clear it.

    Attributes:
        quirks: how this card departs from the standards; every application is handed them here.
        messaging: the session of secure messaging in force, or None.
    """

    def __init__(self, quirks: frozenset[Quirk] = frozenset()) -> None:
        self.quirks = quirks
        self.messaging: SecureMessaging | None = None
        self._is_verified = False
        self._is_fresh = False
        self._is_managed = False

    def start_messaging(self, session: SecureMessaging) -> None:
        """Protect what passes, from the next command on: the answer at hand goes as it came."""
        self.messaging = session

    @property
    def is_verified(self) -> bool:
        """Whether the PIN has been verified."""
        return self._is_verified

    def verified(self) -> None:
        """The PIN was right just now."""
        self._is_verified = self._is_fresh = True

    def changed(self) -> None:
        """The PIN was right and is another now: proven, and not for a use that wants VERIFY."""
        self._is_verified, self._is_fresh = True, False

    def logged_out(self) -> None:
        """The PIN is not proven any more; what the administrator proved stays."""
        self._is_verified = self._is_fresh = False

    def managed(self) -> None:
        """The administrator has proven to hold the card management key."""
        self._is_managed = True

    def unmanaged(self) -> None:
        """The administrator tried again and failed: what was proven before counts no more."""
        self._is_managed = False

    def clear(self) -> None:
        """Nothing is proven any more, by anybody."""
        self.logged_out()
        self.unmanaged()
        self.messaging = None

    def demand(self, condition: Condition) -> None:
        """Go on only if the condition holds.

        Raises:
            CardError: SECURITY_STATUS_NOT_SATISFIED.
        """
        holds = {
            Condition.NONE: True,
            Condition.PIN: self._is_verified,
            Condition.PIN_ALWAYS: self._is_verified and self._is_fresh,
            Condition.MANAGEMENT: self._is_managed,
        }
        if not holds[condition]:
            raise CardError(StatusWord.SECURITY_STATUS_NOT_SATISFIED)

    def demand_for_use(self, condition: Condition) -> None:
        """As `demand`, for the use of a key: kept or refused, it spends the freshness.

        Raises:
            CardError: SECURITY_STATUS_NOT_SATISFIED.
        """
        try:
            self.demand(condition)
        finally:
            self._is_fresh = False
