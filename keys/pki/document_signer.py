"""The document signer: it signs what is written into a chip, with a key that stays in the vault."""

from cryptography import x509
from cryptography.x509 import ObjectIdentifier

from keys.cms import sign_data
from keys.errors import ProfileViolation
from keys.pki import lint
from keys.pki.profiles import DOCUMENT_SIGNER
from keys.pki.vault_key import VaultKey
from keys.vault import KeyHandle, Vault


class DocumentSigner:
    """One document signer: its certificate, and its key open in the vault.

    Raises ProfileViolation if the certificate is no document signer's, or the key is not its own.
    """

    def __init__(self, certificate: x509.Certificate, vault: Vault, handle: KeyHandle) -> None:
        self.certificate = certificate
        self._key = VaultKey(vault, handle)
        if any(lint.extension_breaches(certificate, DOCUMENT_SIGNER)):
            raise ProfileViolation("not a document signer")
        if self._key.public_key() != certificate.public_key():
            raise ProfileViolation("not the document signer's key")

    def sign(self, content: bytes, content_type: ObjectIdentifier) -> bytes:
        """Wrap the content in a CMS SignedData (DER); the same content gives the same bytes."""
        return sign_data(content, content_type, self.certificate, self._key)
