"""Whom we believe about cards: for certificates in sign-in, and for documents in chips."""

from dataclasses import dataclass

from keys.pki.anchors import DocumentAnchors, TrustAnchors


@dataclass(frozen=True, slots=True)
class CardTrust:
    """The anchors of both ways in which a card proves something."""

    certificates: TrustAnchors
    documents: DocumentAnchors
