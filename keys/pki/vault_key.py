"""A private key that is not here: what the X.509 builder holds while the vault signs.

The builder asks a private key for two things, its public half and a signature. This one asks the
vault for both, so that issuing needs no key out of the vault either.
"""

from typing import Any, NoReturn

from cryptography.hazmat.primitives.asymmetric import ec

from keys import algorithms
from keys.algorithms import algorithm, algorithm_of
from keys.errors import AlgorithmRefused, VaultClosed
from keys.vault import KeyHandle, Vault


class VaultKey(ec.EllipticCurvePrivateKey):
    """Stands for one open elliptic curve key of the vault."""

    def __init__(self, vault: Vault, handle: KeyHandle) -> None:
        public_key = vault.public_key(handle)
        if not isinstance(public_key, ec.EllipticCurvePublicKey):
            raise AlgorithmRefused("certificates are signed with an elliptic curve key")
        self._vault = vault
        self._handle = handle
        self._public_key = public_key
        self.algorithm = algorithm(algorithm_of(public_key))

    def public_key(self) -> ec.EllipticCurvePublicKey:
        """Give the public half."""
        return self._public_key

    @property
    def curve(self) -> ec.EllipticCurve:
        """The curve of the key."""
        return self._public_key.curve

    @property
    def key_size(self) -> int:
        """Bits of the curve."""
        return self._public_key.key_size

    def sign(self, data: Any, signature_algorithm: ec.EllipticCurveSignatureAlgorithm) -> bytes:
        """Let the vault sign; in DER, as certificates want it."""
        wanted = signature_algorithm.algorithm
        if self.algorithm.hash is None or not isinstance(wanted, type(self.algorithm.hash)):
            raise AlgorithmRefused("another hash than the curve asks for")
        name = self.algorithm.name
        return algorithms.der_signature(name, self._vault.sign(self._handle, name, bytes(data)))

    def exchange(self, *_: Any) -> NoReturn:
        """Refuse: this key signs."""
        raise VaultClosed("the key does not leave the vault")

    def private_numbers(self) -> NoReturn:
        """Refuse."""
        raise VaultClosed("the key does not leave the vault")

    def private_bytes(self, *_: Any) -> NoReturn:
        """Refuse."""
        raise VaultClosed("the key does not leave the vault")

    def __copy__(self) -> "VaultKey":
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> "VaultKey":
        return self
