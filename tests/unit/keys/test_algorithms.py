from functools import cache

import pytest
from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from keys import algorithms
from keys.algorithms import ALGORITHMS, PrivateKey, PublicKey
from keys.errors import AlgorithmRefused, SignatureInvalid

DATA = b"what is signed"
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


@cache
def private_key(alg: str) -> PrivateKey:
    return algorithms.generate(alg)


def public_key(alg: str) -> PublicKey:
    return private_key(alg).public_key()


def der(key: PublicKey) -> bytes:
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


@pytest.mark.parametrize("alg", ALGORITHMS)
def test_what_a_key_signs_its_public_half_verifies(alg: str) -> None:
    signature = algorithms.sign(alg, private_key(alg), DATA)
    algorithms.verify(alg, public_key(alg), DATA, signature)
    with pytest.raises(SignatureInvalid):
        algorithms.verify(alg, public_key(alg), DATA + b"!", signature)
    with pytest.raises(SignatureInvalid):
        algorithms.verify(alg, public_key(alg), DATA, signature[:-1])


@pytest.mark.parametrize("name", ["none", "None", "NONE", "HS256", "RSA1_5", "es256", "ES512", ""])
def test_what_is_not_in_the_table_is_refused__TJ_01(name: str) -> None:
    with pytest.raises(AlgorithmRefused):
        algorithms.verify(name, public_key("ES256"), DATA, b"")
    with pytest.raises(AlgorithmRefused):
        algorithms.generate(name)


@pytest.mark.parametrize("alg", ALGORITHMS)
@pytest.mark.parametrize("other", ["ES256", "ES384", "RS256", "EdDSA"])
def test_a_key_of_another_kind_neither_signs_nor_verifies__KY_10(alg: str, other: str) -> None:
    if ALGORITHMS[alg].kind == ALGORITHMS[other].kind and alg[-3:] == other[-3:]:
        return
    with pytest.raises(AlgorithmRefused):
        algorithms.sign(alg, private_key(other), DATA)
    with pytest.raises(AlgorithmRefused):
        algorithms.verify(alg, public_key(other), DATA, b"")


def test_pss_where_pkcs1_is_due_and_the_reverse__CV_13() -> None:
    key = private_key("RS256")
    for made, read in (("RS256", "PS256"), ("PS256", "RS256")):
        signature = algorithms.sign(made, key, DATA)
        with pytest.raises(SignatureInvalid):
            algorithms.verify(read, key.public_key(), DATA, signature)


def test_der_is_not_jose__rfc7518_3_4() -> None:
    key = private_key("ES256")
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    signature = key.sign(DATA, ec.ECDSA(SHA256()))
    with pytest.raises(SignatureInvalid):
        algorithms.verify("ES256", key.public_key(), DATA, signature)
    algorithms.verify(
        "ES256", key.public_key(), DATA, algorithms.jose_signature("ES256", signature)
    )


@pytest.mark.parametrize("r", [0, 1, P256_ORDER - 1, P256_ORDER, 2**256 - 1])
@pytest.mark.parametrize("s", [0, 1, P256_ORDER - 1, P256_ORDER, 2**256 - 1])
def test_r_and_s_out_of_range_are_refused__CV_13(r: int, s: int) -> None:
    signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    with pytest.raises(SignatureInvalid):
        algorithms.verify("ES256", public_key("ES256"), DATA, signature)
    is_in_range = 0 < r < P256_ORDER and 0 < s < P256_ORDER
    if is_in_range:
        assert decode_dss_signature(algorithms.der_signature("ES256", signature)) == (r, s)
    else:
        with pytest.raises(SignatureInvalid, match="out of range"):
            algorithms.der_signature("ES256", signature)


@pytest.mark.parametrize("change", [lambda s: s + b"\0", lambda s: b"\0" + s, lambda s: s[:-1]])
def test_the_length_is_exact__CV_13(change: object) -> None:
    assert callable(change)
    signature = algorithms.sign("ES256", private_key("ES256"), DATA)
    with pytest.raises(SignatureInvalid, match="wrong length"):
        algorithms.verify("ES256", public_key("ES256"), DATA, change(signature))


@given(st.binary(max_size=130))
def test_no_bytes_make_verifying_fall_over(signature: bytes) -> None:
    for alg in ("ES256", "ES384", "EdDSA"):
        with pytest.raises(SignatureInvalid):
            algorithms.verify(alg, public_key(alg), DATA, signature)


@pytest.mark.parametrize(
    "signature", [b"", b"\x30\x06\x02\x01\x00", encode_dss_signature(2**300, 1)]
)
def test_a_der_signature_that_is_none(signature: bytes) -> None:
    with pytest.raises(SignatureInvalid):
        algorithms.jose_signature("ES256", signature)


def test_only_curves_have_coordinates() -> None:
    assert algorithms.coordinate_size("ES384") == 48
    with pytest.raises(AlgorithmRefused):
        algorithms.coordinate_size("RS256")


@pytest.mark.parametrize("alg", ["ES256", "ES384", "EdDSA"])
def test_the_key_says_its_algorithm__CV_10(alg: str) -> None:
    assert algorithms.algorithm_of(public_key(alg)) == alg


@pytest.mark.parametrize(
    "curve", [ec.SECP192R1(), ec.SECP224R1(), ec.SECP256K1(), ec.SECP521R1(), ec.BrainpoolP256R1()]
)
def test_other_curves_have_no_algorithm__CV_11(curve: ec.EllipticCurve) -> None:
    key = ec.generate_private_key(curve)
    with pytest.raises(AlgorithmRefused):
        algorithms.algorithm_of(key.public_key())
    with pytest.raises(AlgorithmRefused):
        algorithms.read_public_key(der(key.public_key()))
    with pytest.raises(AlgorithmRefused):
        algorithms.sign("ES256", key, DATA)


def test_an_rsa_key_does_not_say_its_padding() -> None:
    with pytest.raises(AlgorithmRefused):
        algorithms.algorithm_of(public_key("RS256"))


def test_our_own_rsa_keys_are_as_strong_as_the_curves__TJ_11() -> None:
    key = public_key("RS256")
    assert isinstance(key, rsa.RSAPublicKey)
    assert key.key_size == 3072


def test_weak_rsa_keys_are_refused__CV_11() -> None:
    short = rsa.generate_private_key(65537, 1024).public_key()  # noqa: S505 - the point
    numbers = rsa.RSAPublicNumbers(
        3, rsa.generate_private_key(65537, 2048).private_numbers().public_numbers.n
    )
    for key in (short, numbers.public_key()):
        with pytest.raises(AlgorithmRefused):
            algorithms.verify("RS256", key, DATA, b"")


@pytest.mark.parametrize("alg", ["ES256", "ES384", "RS256", "EdDSA"])
def test_a_public_key_is_read_in_its_one_spelling(alg: str) -> None:
    assert algorithms.read_public_key(der(public_key(alg))) == public_key(alg)
    for other in (der(public_key(alg)) + b"\0", der(public_key(alg))[:-1], b"", b"\0" * 5000):
        with pytest.raises(AlgorithmRefused):
            algorithms.read_public_key(other)


def test_a_compressed_point_is_refused__CV_12() -> None:
    key = public_key("ES256")
    plain = der(key)
    point = key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    head = plain[2:23]  # the algorithm identifier
    bits = b"\x03" + bytes([len(point) + 1]) + b"\0" + point
    with pytest.raises(AlgorithmRefused, match="unusual"):
        algorithms.read_public_key(b"\x30" + bytes([len(head) + len(bits)]) + head + bits)


def test_a_key_of_another_family_is_refused() -> None:
    key = dsa.generate_private_key(1024).public_key()  # noqa: S505 - the point
    with pytest.raises(AlgorithmRefused):
        algorithms.read_public_key(
            key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        )
    with pytest.raises(AlgorithmRefused):
        algorithms.algorithm_of(key)
