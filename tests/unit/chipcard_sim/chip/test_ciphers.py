import pytest

from chipcard_sim.chip import ciphers
from chipcard_sim.chip.memory import StoredKey
from chipcard_sim.iso7816.status import CardError, StatusWord

# FIPS 197, appendix C, and NIST SP 800-67, appendix B: key, plain, cipher.
VECTORS = [
    (
        0x08,
        "000102030405060708090a0b0c0d0e0f",
        "00112233445566778899aabbccddeeff",
        "69c4e0d86a7b0430d8cdb78070b4c55a",
    ),
    (
        0x0A,
        "000102030405060708090a0b0c0d0e0f1011121314151617",
        "00112233445566778899aabbccddeeff",
        "dda97ca4864cdfe06eaf70a0ec0d7191",
    ),
    (
        0x0C,
        "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
        "00112233445566778899aabbccddeeff",
        "8ea2b7ca516745bfeafc49904b496089",
    ),
    (
        0x03,
        "0123456789abcdef23456789abcdef01456789abcdef0123",
        "5468652071756663",
        "a826fd8ce53b855f",
    ),
]


@pytest.mark.parametrize(("algorithm", "key", "plain", "cipher"), VECTORS)
def test_published_examples(algorithm: int, key: str, plain: str, cipher: str) -> None:
    stored = StoredKey(algorithm, bytes.fromhex(key))
    assert ciphers.encrypt(stored, bytes.fromhex(plain)).hex() == cipher
    assert ciphers.block_size(stored) == len(plain) // 2


@pytest.mark.parametrize(("algorithm", "key"), [(row[0], row[1]) for row in VECTORS])
@pytest.mark.parametrize("off_by", [-1, 1, "none", "double"])
def test_one_block_and_nothing_else(algorithm: int, key: str, off_by: int | str) -> None:
    stored = StoredKey(algorithm, bytes.fromhex(key))
    size = ciphers.block_size(stored)
    sizes = {"none": 0, "double": 2 * size}
    with pytest.raises(CardError) as refused:
        ciphers.encrypt(stored, bytes(sizes[off_by] if isinstance(off_by, str) else size + off_by))
    assert refused.value.status == StatusWord.WRONG_DATA
