"""Certificates as a card brings them: any bytes may come.

The library reads late, so what is used of a certificate is asked for here.
"""

from warnings import catch_warnings, simplefilter

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.utils import CryptographyDeprecationWarning
from cryptography.x509 import Certificate, InvalidVersion, load_der_x509_certificate

from chipcard_sim.terminal.errors import NotACard

_UNREADABLE = (
    ValueError,
    TypeError,  # a name with a value of another kind than is due
    UnsupportedAlgorithm,
    InvalidVersion,
    CryptographyDeprecationWarning,
)


def read_certificate(der: bytes) -> Certificate:
    """Read a certificate. Nobody vouches for it.

    Raises:
        NotACard: it cannot be read, its names and its key included.
    """
    try:
        # Of what the library only warns of, names of an odd length are read, as many states have
        # them; a serial number below one (RFC 5280, 4.1.2.2) is not.
        with catch_warnings():
            simplefilter("ignore", UserWarning)
            simplefilter("error", CryptographyDeprecationWarning)
            certificate = load_der_x509_certificate(der)
            _ = (certificate.subject, certificate.issuer, certificate.public_key())
    except _UNREADABLE as error:
        raise NotACard("a certificate that cannot be read") from error
    return certificate
