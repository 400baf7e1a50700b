"""The citizen's agent: answers a login challenge with the card (the Web eID token, 1.0)."""

from base64 import b64encode
from hashlib import sha256, sha384

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from chipcard_sim.iso7816.transport import Transport
from chipcard_sim.terminal.certificates import read_certificate
from chipcard_sim.terminal.errors import ChallengeRefused, NotACard
from chipcard_sim.terminal.piv import AUTHENTICATION_SLOT, PivClient

FORMAT = "web-eid:1.0"
APP_VERSION = "chipcard-sim/0.1"
SHORTEST_NONCE = 44  # 32 random bytes in base64: the card signs for nobody who brings less
ALGORITHMS = {"secp256r1": ("ES256", sha256, 32), "secp384r1": ("ES384", sha384, 48)}


class CitizenAgent:
    """A card in a reader, with a holder who types the PIN. The PIN is never kept."""

    def __init__(self, transport: Transport) -> None:
        self._piv = PivClient(transport)

    def answer(self, origin: str, nonce: str, pin: str) -> dict[str, str]:
        """Sign a challenge for the site that asks. The origin is signed, and not in the answer.

        Args:
            origin: of the page that asks, as the browser tells it: `https://host[:port]`.
            nonce: the challenge, base64 text; it is hashed as text.
            pin: what the holder typed.

        Raises:
            ChallengeRefused: the nonce is shorter than 32 bytes in base64.
            UnusablePin, WrongPin, PinBlocked, CardRefused, NotACard: as `PivClient`.
        """
        if len(nonce) < SHORTEST_NONCE:
            raise ChallengeRefused("a challenge has at least 32 random bytes")
        self._piv.select()
        certificate = self._piv.certificate(AUTHENTICATION_SLOT)
        name, digest, size = ALGORITHMS[_curve(certificate)]
        # Web eID, "Authentication token": the signature is over hash(origin) || hash(nonce).
        signed = digest(origin.encode()).digest() + digest(nonce.encode()).digest()
        self._piv.verify_pin(pin)
        try:
            signature = self._piv.sign(AUTHENTICATION_SLOT, digest(signed).digest())
        finally:
            self._piv.log_out()  # one PIN, one answer: the card may stay in the reader
        return {
            "format": FORMAT,
            "unverifiedCertificate": b64encode(certificate).decode("ascii"),
            "algorithm": name,
            "signature": b64encode(_raw(signature, size)).decode("ascii"),
            "appVersion": APP_VERSION,
        }


def _curve(certificate: bytes) -> str:
    key = read_certificate(certificate).public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey) or key.curve.name not in ALGORITHMS:
        raise NotACard("a key that this agent does not use")
    return key.curve.name


def _raw(signature: bytes, size: int) -> bytes:
    """DER to r || s, each as long as the curve (RFC 7518, 3.4)."""
    try:
        r, s = decode_dss_signature(signature)
        return r.to_bytes(size, "big") + s.to_bytes(size, "big")
    except (ValueError, OverflowError) as error:
        raise NotACard("a signature that cannot be read") from error
