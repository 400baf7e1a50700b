"""A card certificate before `validate_path`: is it trusted, or why not?"""

from datetime import datetime

import pytest
from unit.keys.pki.makers import (
    NOW,
    Pki,
)

from keys.errors import CertificateRejected
from keys.pki.anchors import TrustAnchors
from keys.pki.path import TrustedCertificate, validate_path
from keys.pki.profiles import (
    CARD_AUTHENTICATION,
    CertificateProfile,
)

PKI = Pki.make()
ANCHORS = PKI.anchors()


def validate(
    certificate: bytes,
    purpose: CertificateProfile = CARD_AUTHENTICATION,
    at: datetime = NOW,
    anchors: TrustAnchors = ANCHORS,
) -> TrustedCertificate:
    return validate_path(certificate, anchors, purpose, at)


def refusal(
    certificate: bytes,
    purpose: CertificateProfile = CARD_AUTHENTICATION,
    at: datetime = NOW,
    anchors: TrustAnchors = ANCHORS,
) -> str:
    with pytest.raises(CertificateRejected) as caught:
        validate(certificate, purpose, at, anchors)
    return caught.value.reason
