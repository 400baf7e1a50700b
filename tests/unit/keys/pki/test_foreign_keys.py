"""Keys and certificates of every country: which are read, and why the others are not."""

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from asn1crypto import core, keys, x509  # type: ignore[import-untyped]
from chips_for_tests import Country, Signer, curve_in_numbers, field, spelled_out, spki
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from keys.errors import CertificateRejected
from keys.pki.foreign_keys import read_certificate, read_key

UNCOMPRESSED = PublicFormat.UncompressedPoint
NAMED: dict[str, ec.EllipticCurve] = {
    "prime256v1": ec.SECP256R1(),
    "secp384r1": ec.SECP384R1(),
    "secp521r1": ec.SECP521R1(),
    "brainpoolP256r1": ec.BrainpoolP256R1(),
    "brainpoolP384r1": ec.BrainpoolP384R1(),
    "brainpoolP512r1": ec.BrainpoolP512R1(),
}


def refusal(der: bytes, read: Callable[[bytes], object] = read_key) -> str:
    with pytest.raises(CertificateRejected) as refused:
        read(der)
    return refused.value.reason


@pytest.mark.parametrize("name", NAMED)
def test_a_curve_by_its_name_and_in_numbers_is_the_same_key(name: str) -> None:
    key = ec.generate_private_key(NAMED[name])
    assert read_key(spki(key)) == key.public_key()
    numbers = spelled_out(spki(key), curve_in_numbers(name))
    assert numbers != spki(key)
    assert read_key(numbers) == key.public_key()


@pytest.mark.parametrize("bits", [2048, 4096])
def test_rsa_from_2048_to_4096_bits(bits: int) -> None:
    key = rsa.generate_private_key(65537, bits)
    assert read_key(spki(key)) == key.public_key()


def numbers_with(**changes: Any) -> bytes:
    """The numbers of brainpoolP256r1, of which some are others."""
    said = keys.SpecifiedECDomain.load(curve_in_numbers("brainpoolP256r1"))
    for name, value in changes.items():
        said[name] = value
    whole: bytes = said.dump(force=True)
    return whole


@cache
def brainpool() -> ec.EllipticCurvePrivateKey:
    """One whose last bit is 0, so that it could be called unused."""
    while True:
        key = ec.generate_private_key(ec.BrainpoolP256R1())
        if spki(key)[-1] % 2 == 0:
            return key


def point_of(key: ec.EllipticCurvePrivateKey, form: PublicFormat) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, form)


def curve_with(name: str) -> Any:
    """The coefficients of brainpoolP256r1, one of them off by one."""
    said = keys.SpecifiedECDomain.load(curve_in_numbers("brainpoolP256r1"))["curve"]
    octets = bytes(said[name])
    said[name] = octets[:-1] + bytes([octets[-1] ^ 1])
    return said


ORDER = 0xA9FB57DBA1EEA9BC3E660A909D838D718C397AA3B561A6F7901E0E82974856A7
PRIME = 0xA9FB57DBA1EEA9BC3E660A909D838D726E3BF623D52620282013481D1F6E5377
OTHER_CURVES: dict[str, Callable[[], bytes]] = {
    # With a base point of one's own choosing every public key has a known private key.
    "another base point": lambda: numbers_with(base=point_of(brainpool(), UNCOMPRESSED)),
    "another order": lambda: numbers_with(order=ORDER + 2),
    "another cofactor": lambda: numbers_with(cofactor=2),
    "another prime": lambda: numbers_with(
        field_id={"field_type": "prime_field", "parameters": PRIME + 2}
    ),
    "another kind of field": lambda: numbers_with(
        field_id={"field_type": "1.2.3", "parameters": core.Integer(PRIME)}
    ),
    "another a": lambda: numbers_with(curve=curve_with("a")),
    "another b": lambda: numbers_with(curve=curve_with("b")),
    "a base point without its half": lambda: curve_in_numbers("brainpoolP256r1").replace(
        b"\x04\x41\x04", b"\x04\x41\x06"
    ),
    "brainpoolP256t1": lambda: curve_in_numbers("brainpoolP256t1"),
    "brainpoolP320r1": lambda: curve_in_numbers("brainpoolP320r1"),
    "secp256k1": lambda: curve_in_numbers("secp256k1"),
}


@pytest.mark.parametrize("which", OTHER_CURVES)
def test_numbers_of_another_curve_are_refused__CV_11_CV_12(which: str) -> None:
    numbers = OTHER_CURVES[which]()
    assert refusal(spelled_out(spki(brainpool()), numbers)) == "unknown_curve"


def test_a_known_curve_in_numbers_may_omit_its_cofactor() -> None:
    numbers = numbers_with(cofactor=None)
    assert read_key(spelled_out(spki(brainpool()), numbers)) == brainpool().public_key()


@pytest.mark.parametrize("curve", [ec.SECP192R1(), ec.SECP224R1(), ec.SECP256K1()])
def test_curves_outside_the_table_are_refused__CV_11(curve: ec.EllipticCurve) -> None:
    assert refusal(spki(ec.generate_private_key(curve))) == "unknown_curve"


def with_point(point: bytes) -> bytes:
    info = keys.PublicKeyInfo.load(spki(brainpool()))
    info["public_key"] = keys.ECPointBitString(point)
    whole: bytes = info.dump(force=True)
    return whole


def oddly_written() -> dict[str, bytes]:
    key = rsa.generate_private_key(65537, 2048)
    whole = spki(key)
    without_null = whole[4:].replace(
        bytes.fromhex("300d 0609 2a864886f70d010101 0500"),
        bytes.fromhex("300b 0609 2a864886f70d010101"),
    )
    return {
        "RSA without its parameters": field("30", without_null),
        "a compressed point": with_point(point_of(brainpool(), PublicFormat.CompressedPoint)),
        "a hybrid point": with_point(b"\x06" + point_of(brainpool(), UNCOMPRESSED)[1:]),
        "infinity": with_point(b"\x00"),
        "no point": with_point(b""),
        "a point off the curve": with_point(b"\x04" + bytes(64)),
        "unused bits": spki(brainpool()).replace(b"\x03\x42\x00\x04", b"\x03\x42\x01\x04"),
        "nothing": b"",
        "an octet behind": whole + b"\x00",
        "cut short": whole[:-1],
        "an empty sequence": b"\x30\x00",
    }


@pytest.mark.parametrize("which", oddly_written())
def test_a_key_in_another_spelling_is_refused__CV_12_CV_40(which: str) -> None:
    assert refusal(oddly_written()[which]) == "malformed"


def rsa_with(exponent: int, bits: int = 2048) -> bytes:
    modulus = rsa.generate_private_key(65537, bits).public_key().public_numbers().n
    numbers = {"modulus": modulus, "public_exponent": exponent}
    whole: bytes = keys.PublicKeyInfo.wrap(keys.RSAPublicKey(numbers), "rsa").dump()
    return whole


WEAK: dict[str, Callable[[], bytes]] = {
    "RSA of 1024 bits": lambda: rsa_with(65537, 1024),
    "RSA of 2040 bits": lambda: rsa_with(65537, 2040),
    "RSA of 5120 bits": lambda: rsa_with(65537, 5120),
    "exponent 3": lambda: rsa_with(3),
    "exponent 17": lambda: rsa_with(17),
    "Ed25519": lambda: (
        ed25519.Ed25519PrivateKey.generate()
        .public_key()
        .public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    ),
}


@pytest.mark.parametrize("which", WEAK)
def test_weak_keys_and_other_kinds_are_refused__CV_11_CV_13(which: str) -> None:
    assert refusal(WEAK[which]()) == "weak_key"


@pytest.mark.parametrize("exponent", [1, 65538])
def test_an_exponent_that_is_none_is_refused__CV_13(exponent: int) -> None:
    assert refusal(rsa_with(exponent)) in {"weak_key", "malformed"}


# Certificates


@cache
def signer() -> Signer:
    return Country("DE").signer()


def changed(**changes: Any) -> bytes:
    certificate = x509.Certificate.load(signer().certificate)
    for name, value in changes.items():
        certificate["tbs_certificate"][name] = value
    whole: bytes = certificate.dump(force=True)
    return whole


def test_a_certificate_is_read_with_its_key_and_scheme() -> None:
    read = read_certificate(signer().certificate)
    assert read.key == signer().key.public_key()
    assert (read.scheme.digest.name, read.scheme.rsa_padding) == ("sha256", None)
    assert read.country == "DE"


def outside_other() -> bytes:
    certificate = x509.Certificate.load(signer().certificate)
    certificate["signature_algorithm"] = {"algorithm": "sha384_ecdsa"}
    whole: bytes = certificate.dump(force=True)
    return whole


def doubled() -> bytes:
    extensions = list(x509.Certificate.load(signer().certificate)["tbs_certificate"]["extensions"])
    return changed(extensions=[*extensions, extensions[0]])


MALFORMED: dict[str, Callable[[], bytes]] = {
    "nothing": lambda: b"",
    "cut short": lambda: signer().certificate[:-1],
    "an octet behind": lambda: signer().certificate + b"\x00",
    "version 1": lambda: changed(version="v1", extensions=None),
    "version 2": lambda: changed(version="v2"),
    "no extensions": lambda: changed(extensions=None),
    "an extension twice": doubled,
    "serial number 0": lambda: changed(serial_number=0),
    "a negative serial number": lambda: changed(serial_number=-5),
    "an endless serial number": lambda: changed(serial_number=1 << 160),
    "another algorithm outside than inside": outside_other,
    "an identifier of its issuer": lambda: changed(issuer_unique_id=b"\x01"),
}


@pytest.mark.parametrize("which", MALFORMED)
def test_a_certificate_in_another_form_is_refused__CV_24_CV_40(which: str) -> None:
    assert refusal(MALFORMED[which](), read_certificate) == "malformed"


def test_a_certificate_signed_with_sha_1_is_refused__CV_10() -> None:
    certificate = x509.Certificate.load(signer().certificate)
    for place in (certificate["tbs_certificate"]["signature"], certificate["signature_algorithm"]):
        place["algorithm"] = "sha1_ecdsa"
    assert refusal(certificate.dump(force=True), read_certificate) == "weak_key"


def test_a_certificate_with_a_weak_or_strange_key_says_so__CV_11() -> None:
    weak = Country("DE").signer(rsa.generate_private_key(65537, 1024)).certificate  # noqa: S505
    assert refusal(weak, read_certificate) == "weak_key"
    strange = Country("DE").signer(ec.generate_private_key(ec.SECP256K1())).certificate
    assert refusal(strange, read_certificate) == "unknown_curve"


def test_a_certificate_is_read_up_to_a_size__CV_40() -> None:
    assert refusal(b"\x30" * 8193, read_certificate) == "too_large"
