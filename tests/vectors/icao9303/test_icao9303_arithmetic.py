"""Keys, ciphers, points and blocks of the worked examples, each by itself."""

import hashlib
import tomllib
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from chipcard_sim.applications.emrtd import active_authentication
from chipcard_sim.iso7816.apdu import Command, Response
from chipcard_sim.iso7816.block_ciphers import TripleDes, aes_decrypt, aes_encrypt
from chipcard_sim.iso7816.curves import BRAINPOOL_P256R1, P256
from chipcard_sim.iso7816.key_derivation import Purpose, derive_key, derive_session
from chipcard_sim.iso7816.secure_messaging import SecureMessaging

FOLDER = Path(__file__).parent


def example(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text())


BAC = example("bac")
PROTECTED = example("secure_messaging_3des")
PACE = example("pace_ecdh_gm")
ZERO = example("leading_zero")
CURVES = example("curves")
DERIVATIONS = [*example("pace_derivations")["example"], {"appendix": "G.1", **PACE}]


def raw(digits: str) -> bytes:
    return bytes.fromhex(digits)


def digits(data: bytes) -> str:
    return data.hex().upper()


def test_the_keys_of_the_mrz__icao9303_11_D_2() -> None:
    secret = hashlib.sha1(BAC["mrz_information"].encode()).digest()  # noqa: S324 - as ICAO says
    assert digits(secret) == BAC["sha1_mrz_information"]
    assert digits(secret[:16]) == BAC["k_seed"]
    assert [digits(key) for key in derive_session(secret[:16], "3DES")] == [
        BAC["k_enc"],
        BAC["k_mac"],
    ]


@pytest.mark.parametrize(
    ("plain", "encrypted", "checksum"), [("s", "e_ifd", "m_ifd"), ("r", "e_ic", "m_ic")]
)
def test_both_messages_of_basic_access_control__icao9303_11_D_3(
    plain: str, encrypted: str, checksum: str
) -> None:
    access = TripleDes(raw(BAC["k_enc"]), raw(BAC["k_mac"]))
    assert digits(access.encrypt(raw(BAC[plain]))) == BAC[encrypted]
    assert digits(access.decrypt(raw(BAC[encrypted]))) == BAC[plain]
    assert digits(access.checksum(raw(BAC[encrypted]))) == BAC[checksum]


def test_the_session_of_basic_access_control__icao9303_11_D_3() -> None:
    seed = bytes(a ^ b for a, b in zip(raw(BAC["k_ifd"]), raw(BAC["k_ic"]), strict=True))
    assert digits(seed) == BAC["k_seed_session"]
    assert [digits(key) for key in derive_session(seed, "3DES")] == [BAC["ks_enc"], BAC["ks_mac"]]
    assert BAC["rnd_ic"][8:] + BAC["rnd_ifd"][8:] == BAC["ssc"] == PROTECTED["ssc_start"]


def test_a_session_at_both_ends__icao9303_11_D_4() -> None:
    keys = raw(PROTECTED["ks_enc"]), raw(PROTECTED["ks_mac"])
    card, reader = (
        SecureMessaging("3DES", *keys, int(PROTECTED["ssc_start"], 16)) for _ in range(2)
    )
    for step in PROTECTED["step"]:
        command = Command.read(raw(step["plain"]))
        protected = reader.wrap(command)
        assert digits(protected.build()) == step["protected_capdu"]
        assert card.unwrap(protected) == command
        answer = card.wrap_answer(Response.read(raw(step["plain_response"])))
        assert digits(answer.build()) == step["rapdu"]
        assert digits(reader.unwrap_answer(answer).build()) == step["plain_response"]


@pytest.mark.parametrize("pace", DERIVATIONS, ids=lambda pace: pace["appendix"])
def test_the_keys_and_the_nonce_of_pace__icao9303_11_G_H_I(pace: dict[str, str]) -> None:
    if "k_sha1_mrz" in pace:
        password = derive_key(raw(pace["k_sha1_mrz"]), Purpose.PASSWORD, "AES")
        assert digits(password) == pace["k_pi"]
    key = raw(pace["k_pi"])
    assert digits(aes_encrypt(key, raw(pace["nonce_s"]))) == pace["encrypted_nonce_z"]
    assert digits(aes_decrypt(key, raw(pace["encrypted_nonce_z"]))) == pace["nonce_s"]
    session = derive_session(raw(pace["shared_secret_k"]), "AES")
    assert [digits(key) for key in session] == [pace["ks_enc"], pace["ks_mac"]]


@pytest.mark.parametrize("side", ["ic", "ifd"])
def test_the_points_of_pace_from_either_side__icao9303_11_G_1(side: str) -> None:
    curve = BRAINPOOL_P256R1
    other = "ifd" if side == "ic" else "ic"
    own = int(PACE[f"map_sk_{side}"], 16)
    public = curve.multiply(own, curve.generator)
    assert digits(curve.encode(public)) == "04" + PACE[f"map_pk_{side}"]
    shared = curve.multiply(own, curve.decode(raw("04" + PACE[f"map_pk_{other}"])))
    assert digits(curve.encode(shared)) == "04" + PACE["shared_h"]
    generator = curve.map_generator(raw(PACE["nonce_s"]), shared)
    assert digits(curve.encode(generator)) == "04" + PACE["mapped_generator"]
    own = int(PACE[f"ka_sk_{side}"], 16)
    assert digits(curve.encode(curve.multiply(own, generator))) == "04" + PACE[f"ka_pk_{side}"]
    secret = curve.multiply(own, curve.decode(raw("04" + PACE[f"ka_pk_{other}"])))
    assert digits(curve.secret(secret)) == PACE["shared_secret_k"]


@pytest.mark.parametrize("mapping", CURVES["mapping"], ids=lambda mapping: mapping["example"])
def test_other_generic_mappings(mapping: dict[str, str]) -> None:
    curve = BRAINPOOL_P256R1
    own = int(mapping["own"], 16)
    assert digits(curve.encode(curve.multiply(own, curve.generator))) == mapping["public"]
    shared = curve.multiply(own, curve.decode(raw(mapping["other"])))
    generator = curve.map_generator(raw(mapping["nonce"]), shared)
    assert digits(curve.encode(generator)) == mapping["generator"]


@pytest.mark.parametrize("agreed", CURVES["agreement"], ids=lambda agreed: agreed["example"])
def test_other_agreements(agreed: dict[str, str]) -> None:
    curve = BRAINPOOL_P256R1
    own = int(agreed["own"], 16)
    assert digits(curve.encode(curve.multiply(own, curve.generator))) == agreed["public"]
    secret = curve.multiply(own, curve.decode(raw(agreed["other"])))
    assert digits(curve.secret(secret)) == agreed["secret"]


def test_the_block_of_active_authentication__icao9303_11_F() -> None:
    active = example("active_authentication")
    m1, challenge = raw(active["m1"]), raw(active["rnd_ifd"])
    command = Command.read(raw(active["internal_authenticate_capdu"]))
    assert command.data == challenge
    assert active_authentication.SHA1.room(1024 // 8) == len(m1)
    assert digits(active_authentication.SHA1.representative(m1, challenge)) == active["f"]
    assert active["h"] in active["f"]


# The forced leading zero, recomputed with other code.


def other_agreement(kind: ec.EllipticCurve, own: str, public: bytes) -> bytes:
    """ECDH by the library, which knows no mapped generator and needs none."""
    key = ec.derive_private_key(int(own, 16), kind)
    return key.exchange(ec.ECDH(), ec.EllipticCurvePublicKey.from_encoded_point(kind, public))


@pytest.mark.parametrize("name", ["shared_x", "secret", "chip_secret"])
def test_the_secrets_start_with_a_zero_byte(name: str) -> None:
    assert ZERO[name].startswith("00")
    assert not ZERO[name].startswith("0000")


def test_a_leading_zero_of_the_mapping_and_of_the_secret_stays__tr03111_3_1_3() -> None:
    curve, kind = BRAINPOOL_P256R1, ec.BrainpoolP256R1()
    other = curve.multiply(int(ZERO["map_other"], 16), curve.generator)
    shared = curve.multiply(int(ZERO["map_own"], 16), other)
    assert digits(curve.secret(shared)) == ZERO["shared_x"]
    assert other_agreement(kind, ZERO["map_own"], curve.encode(other)) == raw(ZERO["shared_x"])
    generator = curve.map_generator(raw(ZERO["nonce"]), shared)
    other = curve.multiply(int(ZERO["other"], 16), generator)
    secret = curve.secret(curve.multiply(int(ZERO["own"], 16), other))
    assert digits(secret) == ZERO["secret"]
    assert other_agreement(kind, ZERO["own"], curve.encode(other)) == secret
    expected = hashlib.sha1(raw(ZERO["secret"]) + b"\x00\x00\x00\x01").digest()  # noqa: S324 - as above
    assert derive_key(secret, Purpose.ENCRYPTION, "AES") == expected[:16]


def test_a_leading_zero_of_chip_authentication_stays__tr03111_3_1_3() -> None:
    other = P256.multiply(int(ZERO["chip_other"], 16), P256.generator)
    secret = P256.secret(P256.multiply(int(ZERO["chip"], 16), other))
    assert digits(secret) == ZERO["chip_secret"]
    assert other_agreement(ec.SECP256R1(), ZERO["chip"], P256.encode(other)) == secret
