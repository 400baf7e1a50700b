"""What can go wrong, in six categories. One audience per field.

`code` is for machines, the audit trail and the key of the citizen's sentence; `detail` is for the
operator's log and never holds personal data or leaves the process.
"""

from datetime import datetime
from typing import ClassVar


class EidError(Exception):
    """A refusal with a stable code; the front door turns its category into a status."""

    code: ClassVar[str] = "eid_error"

    def __init__(self, detail: str = "") -> None:
        super().__init__(f"{self.code}: {detail}" if detail else self.code)
        self.detail = detail


class Malformed(EidError):
    """It cannot be read at all."""

    code = "malformed"


class BadCardAnswer(Malformed):
    """The card answer is not a `web-eid:1.0` token."""

    code = "bad_card_answer"


class BadChipData(Malformed):
    """What was read from a chip is not the files that a travel document has."""

    code = "bad_chip_data"


class BadDocument(Malformed):
    """A bureau document, batch line or client file is not what it must be."""

    code = "bad_document"


class BadNumber(Malformed):
    """A personal number does not have the shape of one."""

    code = "bad_number"


class TooLarge(Malformed):
    """More bytes than the door lets in."""

    code = "too_large"


class ProofRejected(EidError):
    """It was read, and it does not hold."""

    code = "proof_rejected"


class ChallengeSpent(ProofRejected):
    """The challenge is unknown, of another transaction, or was used before."""

    code = "challenge_spent"


class ChallengeExpired(ProofRejected):
    """The challenge is older than its lifetime."""

    code = "challenge_expired"


class CodeWrong(ProofRejected):
    """The activation code is not the one that was sent."""

    code = "code_wrong"

    def __init__(self, attempts_left: int) -> None:
        super().__init__(f"{attempts_left} attempts left")
        self.attempts_left = attempts_left


class SignatureWrong(ProofRejected):
    """The signature does not verify over this origin and this challenge."""

    code = "signature_wrong"


class CertificateUntrusted(ProofRejected):
    """The certificate does not lead to an anchor for this purpose."""

    code = "certificate_untrusted"


class CertificateExpired(ProofRejected):
    """The certificate is past its validity, or not yet valid."""

    code = "certificate_expired"


class CertificateRevoked(ProofRejected):
    """The certificate is revoked or held."""

    code = "certificate_revoked"


class CertificateMissing(ProofRejected):
    """The browser showed no certificate where one was asked for."""

    code = "certificate_missing"


class DocumentAltered(ProofRejected):
    """A data group of the chip is not the one whose hash the issuing state signed."""

    code = "document_altered"


class DocumentUntrusted(ProofRejected):
    """The chip's security object was not signed by a document signer that we trust."""

    code = "document_untrusted"


class DocumentExpired(ProofRejected):
    """The document is past the last day that its machine readable zone says."""

    code = "document_expired"


class ChipNotGenuine(ProofRejected):
    """The chip does not hold the private key of its document: it may be a copy."""

    code = "chip_not_genuine"


class Refused(EidError):
    """It is true, and still no."""

    code = "refused"


class AccountLocked(Refused):
    """A lock stands on the account."""

    code = "account_locked"


class AccountNotActive(Refused):
    """The account has not been activated, or is closed."""

    code = "account_not_active"


class CardNotActive(Refused):
    """The chip card is not in force."""

    code = "card_not_active"


class CardExpired(Refused):
    """The chip card is past the date printed on it."""

    code = "card_expired"


class WrongHolder(Refused):
    """The card belongs to somebody else than this transaction."""

    code = "wrong_holder"


class LevelTooLow(Refused):
    """The account level or the authentication level is below what the client needs."""

    code = "level_too_low"


class NotEligible(Refused):
    """The rules give this holder no such account."""

    code = "not_eligible"


class NeedsAssistance(Refused):
    """Self-service has ended: the window passed or the attempts are used up."""

    code = "needs_assistance"


class CodeNeeded(Refused):
    """The activation code has not been accepted in this browser."""

    code = "code_needed"


class TooManyTries(Refused):
    """Wait until `until` before trying again."""

    code = "too_many_tries"

    def __init__(self, until: datetime) -> None:
        super().__init__(until.isoformat())
        self.until = until


class ForeignBrowser(Refused):
    """The transaction was begun in another browser."""

    code = "foreign_browser"


class Unknown(EidError):
    """There is no such thing."""

    code = "unknown"


class UnknownCase(Unknown):
    """No activation case has this link."""

    code = "unknown_case"


class UnknownPending(Unknown):
    """No authorization request waits under this name, or it has expired."""

    code = "unknown_pending"


class UnknownPerson(Unknown):
    """No account holder has this number or key."""

    code = "unknown_person"


class UnknownOrder(Unknown):
    """No card order has this identifier."""

    code = "unknown_order"


class Conflict(EidError):
    """The state moved on between looking and keeping."""

    code = "conflict"


class IllegalMove(Conflict):
    """The noun's life does not allow this step."""

    code = "illegal_move"


class AlreadyActive(Conflict):
    """The account is already active: the holder can sign in."""

    code = "already_active"


class AlreadySpent(Conflict):
    """This transaction has been completed before."""

    code = "already_spent"


class Unavailable(EidError):
    """It cannot be said now; trying again later may help."""

    code = "unavailable"


class StatusUnknown(Unavailable):
    """The certificate's status could not be learned."""

    code = "status_unknown"


class RegistryAway(Unavailable):
    """The population registry does not answer."""

    code = "registry_away"


class StoreBusy(Unavailable):
    """The database stayed busy for longer than we wait."""

    code = "store_busy"


class Misconfigured(Exception):
    """The settings contradict each other or the environment; raised at start-up alone."""
