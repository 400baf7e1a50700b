"""The certificate door: where TLS brings a card's certificate, in an instance of its own.

It keeps nothing and signs nobody in: it looks at the certificate once, so that nothing is handed
on that could never be good, and seals what it saw for the pages that asked.
"""

from eid.authentication.messages import HandoverPolicy
from eid.domain.visit import Visit
from eid.errors import CertificateMissing, EidError
from eid.proofs.card_path import validate_card_path
from eid.proofs.client_certificate import Errand, Handover, seal_handover
from keys.pki.anchors import TrustAnchors
from keys.sealing import Sealer

__all__ = ["CertificateDoor", "HandoverPolicy"]


class CertificateDoor:
    """The front object of the instance that certificates come to."""

    def __init__(self, anchors: TrustAnchors, policy: HandoverPolicy) -> None:
        self._anchors = anchors
        self._origin = policy.origin
        self._sealer = Sealer(policy.key)

    def hand_over(self, visit: Visit, pending: str, nonce: str, certificate: bytes | None) -> str:
        """Seal a certificate (DER) whose key TLS has proved, or why it goes no further.

        None is a browser that showed no certificate. The caller vouches for the proof: nobody but
        our own front reaches it.
        """
        shown = decide_handover(certificate, self._anchors, visit)
        return seal_handover(self._sealer, Errand(self._origin, pending, nonce), shown, visit.at)


def decide_handover(
    certificate: bytes | None, anchors: TrustAnchors, visit: Visit
) -> Handover | EidError:
    """Look at the path of a certificate for the first time."""
    if certificate is None:
        return CertificateMissing()
    try:
        validate_card_path(certificate, anchors, visit.at)
    except EidError as refusal:
        return refusal
    return Handover(certificate, visit.at)
