import pytest
from hypothesis import given
from hypothesis import strategies as st

from keys.errors import KeysError, SealBroken
from keys.sealing import Sealer, derive, keyed_hash

MASTER = bytes(range(32))


@given(st.binary(max_size=200), st.binary(max_size=50))
def test_what_is_sealed_opens_in_its_context(plaintext: bytes, context: bytes) -> None:
    sealer = Sealer(MASTER)
    sealed = sealer.seal(plaintext, context)
    assert sealer.open(sealed, context) == plaintext
    with pytest.raises(SealBroken):
        sealer.open(sealed, context + b"x")


def test_the_same_secret_never_seals_alike() -> None:
    sealer = Sealer(MASTER)
    assert len({sealer.seal(b"secret", b"here") for _ in range(100)}) == 100


@given(st.integers(0, 34), st.integers(1, 255))
def test_one_changed_octet_breaks_the_seal(place: int, change: int) -> None:
    sealed = bytearray(Sealer(MASTER).seal(b"secret!", b"here"))
    sealed[place] ^= change
    with pytest.raises(SealBroken):
        Sealer(MASTER).open(bytes(sealed), b"here")


@given(st.binary(max_size=40))
def test_no_bytes_make_opening_fall_over(sealed: bytes) -> None:
    with pytest.raises(SealBroken):
        Sealer(MASTER).open(sealed, b"here")


def test_each_purpose_has_its_own_key__KY_05() -> None:
    keys = {derive(MASTER, purpose) for purpose in ("cookies", "csrf", "audit", "cookie")}
    assert len(keys) == 4
    assert {len(key) for key in keys} == {32}
    with pytest.raises(SealBroken):
        Sealer(derive(MASTER, "csrf")).open(Sealer(derive(MASTER, "cookies")).seal(b"a", b""), b"")


def test_a_derived_key_is_hkdf_of_its_purpose__rfc5869() -> None:
    # RFC 5869 section 2 by hand: extract with a salt of zeros, one round of expand.
    extracted = keyed_hash(bytes(32), MASTER)
    assert derive(MASTER, "csrf") == keyed_hash(extracted, b"eid-reference/1/csrf\x01")


def test_the_keyed_hash_is_hmac_sha256__rfc4231_style() -> None:
    assert keyed_hash(MASTER, b"001190000001") != keyed_hash(bytes(32), b"001190000001")
    # RFC 4231 section 4.2 with its key padded by zeros, as HMAC itself pads it
    key = bytes.fromhex("0b" * 20) + bytes(12)
    assert keyed_hash(key, b"Hi There").hex() == (
        "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"
    )


@pytest.mark.parametrize("key", [b"", bytes(16), bytes(31), bytes(33)])
def test_a_key_of_another_size_is_refused__KY_02(key: bytes) -> None:
    for use in (lambda: Sealer(key), lambda: derive(key, "csrf"), lambda: keyed_hash(key, b"")):
        with pytest.raises(KeysError):
            use()


def test_a_key_without_a_purpose_is_refused() -> None:
    with pytest.raises(KeysError):
        derive(MASTER, "")
