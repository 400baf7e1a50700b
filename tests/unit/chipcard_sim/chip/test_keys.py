from dataclasses import replace
from hashlib import sha256, sha384

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from chipcard_sim.chip import keys
from chipcard_sim.chip.keys import KeyAlgorithm
from chipcard_sim.chip.memory import StoredKey
from chipcard_sim.iso7816 import tlv
from chipcard_sim.iso7816.status import CardError

MESSAGE = b"what is signed"
DIGEST = sha256(MESSAGE).digest()


@pytest.fixture(scope="module")
def rsa_key() -> StoredKey:
    return keys.generate(KeyAlgorithm.RSA_2048)


def curve_point(stored: StoredKey, curve: ec.EllipticCurve) -> ec.EllipticCurvePublicKey:
    point = tlv.value(tlv.value(keys.public_key(stored), 0x7F49), 0x86)
    return ec.EllipticCurvePublicKey.from_encoded_point(curve, point)


def rsa_public(stored: StoredKey) -> rsa.RSAPublicKey:
    modulus, exponent = tlv.values(tlv.value(keys.public_key(stored), 0x7F49), 0x81, 0x82)
    assert len(modulus) == 256
    numbers = rsa.RSAPublicNumbers(int.from_bytes(exponent), int.from_bytes(modulus))
    return numbers.public_key()


def test_p256_signs_a_hash__sp800_73_4_p2_3_2_4() -> None:
    stored = keys.generate(KeyAlgorithm.P256)
    public = curve_point(stored, ec.SECP256R1())
    public.verify(keys.sign(stored, DIGEST), MESSAGE, ec.ECDSA(hashes.SHA256()))


def test_p384_signs_a_hash__sp800_73_4_p2_3_2_4() -> None:
    stored = keys.generate(KeyAlgorithm.P384)
    public = curve_point(stored, ec.SECP384R1())
    signature = keys.sign(stored, sha384(MESSAGE).digest())
    public.verify(signature, MESSAGE, ec.ECDSA(hashes.SHA384()))


def test_p384_signs_a_sha256_hash_too__fips186_5_6_4_1() -> None:
    stored = keys.generate(KeyAlgorithm.P384)
    public = curve_point(stored, ec.SECP384R1())
    public.verify(keys.sign(stored, DIGEST), MESSAGE, ec.ECDSA(hashes.SHA256()))


@pytest.mark.parametrize("length", [0, 20, 28, 31, 33, 47, 49, 64, 97])
def test_p384_signs_nothing_of_another_length(length: int) -> None:
    with pytest.raises(CardError):
        keys.sign(keys.generate(KeyAlgorithm.P384), bytes(length))


@pytest.mark.parametrize("length", [0, 20, 28, 31, 33, 48, 256])
def test_p256_signs_nothing_of_another_length(length: int) -> None:
    with pytest.raises(CardError):
        keys.sign(keys.generate(KeyAlgorithm.P256), bytes(length))


def test_rsa_raises_a_padded_block_to_its_private_power(rsa_key: StoredKey) -> None:
    # PKCS #1 v1.5 (RFC 8017, 9.2), written out: the reader pads, the card computes.
    prefix = bytes.fromhex("3031300d060960864801650304020105000420")
    block = b"\x00\x01" + b"\xff" * (256 - 3 - len(prefix) - 32) + b"\x00" + prefix + DIGEST
    signature = keys.sign(rsa_key, block)
    rsa_public(rsa_key).verify(signature, MESSAGE, padding.PKCS1v15(), hashes.SHA256())


@pytest.mark.parametrize("block", [b"", bytes(255), bytes(257), b"\xff" * 256])
def test_rsa_refuses_what_is_no_block(rsa_key: StoredKey, block: bytes) -> None:
    with pytest.raises(CardError):
        keys.sign(rsa_key, block)


def test_rsa_powers_small_and_large_numbers(rsa_key: StoredKey) -> None:
    public = rsa_public(rsa_key).public_numbers()
    for number in (0, 1, 2, public.n - 1, public.n // 2, public.n // 3):
        power = int.from_bytes(keys.sign(rsa_key, number.to_bytes(256)))
        assert pow(power, public.e, public.n) == number


def test_an_rsa_power_gone_wrong_stays_inside(rsa_key: StoredKey) -> None:
    """A wrong answer modulo one prime would factor the modulus."""
    numbers = keys._load(rsa_key.private).private_numbers()
    assert isinstance(numbers, rsa.RSAPrivateNumbers)
    broken = rsa.RSAPrivateNumbers(
        numbers.p, numbers.q, numbers.d, numbers.dmp1 + 2, numbers.dmq1, numbers.iqmp,
        numbers.public_numbers,
    )  # fmt: skip
    assert (
        pow(keys._power_by_primes(numbers, 5), numbers.public_numbers.e, numbers.public_numbers.n)
        == 5
    )
    with pytest.raises(CardError):
        keys._power_by_primes(broken, 5)


CURVES = pytest.mark.parametrize(
    ("algorithm", "curve"),
    [(KeyAlgorithm.P256, ec.SECP256R1()), (KeyAlgorithm.P384, ec.SECP384R1())],
)


@CURVES
def test_a_shared_secret_keeps_its_leading_zeros__sp800_56a_5_7_1_2(
    algorithm: KeyAlgorithm, curve: ec.EllipticCurve
) -> None:
    """One in 256 begins with a zero byte: among so many there is one."""
    stored = keys.generate(algorithm)
    public = curve_point(stored, curve)
    others = (ec.generate_private_key(curve) for _ in range(5000))
    other = next(each for each in others if each.exchange(ec.ECDH(), public)[0] == 0)
    point = other.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    assert keys.agree(stored, point) == other.exchange(ec.ECDH(), public)


def test_a_damaged_key_is_not_used() -> None:
    stored = keys.generate(KeyAlgorithm.P256)
    keys.sign(stored, DIGEST)
    with pytest.raises(ValueError, match="deserialize"):
        keys.sign(replace(stored, private=stored.private[:-1]), DIGEST)


@CURVES
def test_a_curve_key_proves_itself(algorithm: KeyAlgorithm, curve: ec.EllipticCurve) -> None:
    stored = keys.generate(algorithm)
    how = ec.ECDSA(Prehashed(hashes.SHA256()))
    curve_point(stored, curve).verify(keys.prove(stored, DIGEST), DIGEST, how)


def test_an_rsa_key_proves_itself(rsa_key: StoredKey) -> None:
    proof = keys.prove(rsa_key, DIGEST)
    rsa_public(rsa_key).verify(proof, MESSAGE, padding.PKCS1v15(), hashes.SHA256())


def test_a_proof_is_over_a_hash_alone() -> None:
    with pytest.raises(CardError):
        keys.prove(keys.generate(KeyAlgorithm.P256), MESSAGE)


def test_an_algorithm_the_chip_has_not_is_refused() -> None:
    with pytest.raises(CardError):
        keys.generate(0x06)


def test_two_keys_are_two() -> None:
    first, second = (keys.generate(KeyAlgorithm.P256) for _ in range(2))
    assert keys.public_key(first) != keys.public_key(second)
