"""The path of a card's authentication certificate, and what a refusal of it is called here."""

from datetime import datetime
from typing import Final

from eid.errors import CertificateExpired, CertificateUntrusted
from keys.errors import CertificateRejected, NoTrustAnchors
from keys.pki.anchors import TrustAnchors
from keys.pki.path import TrustedCertificate, validate_path
from keys.pki.profiles import CARD_AUTHENTICATION

OUT_OF_TIME: Final = frozenset({"expired", "not_yet_valid"})


def validate_card_path(
    unverified_certificate: bytes, anchors: TrustAnchors, now: datetime
) -> TrustedCertificate:
    """Prove that one of our anchors issued this certificate (DER) for signing in (CV-20, CV-21).

    Raises `CertificateExpired`, `CertificateUntrusted`.
    """
    try:
        return validate_path(unverified_certificate, anchors, CARD_AUTHENTICATION, now)
    except CertificateRejected as rejected:
        if rejected.reason in OUT_OF_TIME:
            raise CertificateExpired(rejected.reason) from None
        raise CertificateUntrusted(rejected.reason) from None
    except NoTrustAnchors:
        raise CertificateUntrusted("nobody is trusted for card authentication") from None
