"""What can go wrong with keys and certificates: one base, a few children, one sentence each.

`code` is a stable snake_case word for machines and the audit trail; the text of an exception is for
operators and never holds key material or personal data.
"""

from typing import ClassVar


class KeysError(Exception):
    """Anything this package refuses."""

    code: ClassVar[str] = "keys_error"


class AlgorithmRefused(KeysError):
    """An algorithm, or a key for it, that is not in the table of permitted ones."""

    code = "algorithm_refused"


class SignatureInvalid(KeysError):
    """The signature is not one by that key over that data."""

    code = "signature_invalid"


class TokenRejected(SignatureInvalid):
    """A compact JWS that is not one of ours, or not good here and now.

    Attributes:
        reason: stable snake_case word, such as `malformed`, `unknown_key` or `expired`.
    """

    code = "token_rejected"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class CmsMalformed(KeysError):
    """Bytes that are not a CMS SignedData with one signer, or say something we do not speak."""

    code = "cms_malformed"


class CertificateRejected(KeysError):
    """A certificate that proves nothing to us.

    Attributes:
        reason: stable snake_case word: `malformed`, `too_large`, `weak_key`, `expired`,
            `not_yet_valid`, `untrusted`, `wrong_purpose` or `bad_subject`; of document signers
            also `unknown_curve`, `wrong_country` and `revoked`.
    """

    code = "certificate_rejected"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class OcspRefused(KeysError):
    """A question about a certificate that gets no answer (RFC 6960 section 2.3).

    Attributes:
        reason: `malformed_request` or `unauthorized`.
    """

    code = "ocsp_refused"

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class NoTrustAnchors(KeysError):
    """Nothing to check against. That is a failure, never a pass."""

    code = "no_trust_anchors"


class ProfileViolation(KeysError):
    """A certificate, made or about to be made, that breaks its own profile."""

    code = "profile_violation"


class StatusConflict(KeysError):
    """A certificate's status cannot move that way, or its serial number is taken."""

    code = "status_conflict"


class CeremonyRefused(KeysError):
    """The ceremony file is wrong, or the ceremony was already held."""

    code = "ceremony_refused"


class NoSigningKey(KeysError):
    """No key is active for that algorithm."""

    code = "no_signing_key"


class RotationConflict(KeysError):
    """Somebody else rotated meanwhile, or the register holds what no rotation leaves behind."""

    code = "rotation_conflict"


class VaultClosed(KeysError):
    """The key is not in the vault, was not opened, or may not leave it."""

    code = "vault_closed"


class SealBroken(KeysError):
    """What was sealed was altered, moved to another context or sealed with another key."""

    code = "seal_broken"
