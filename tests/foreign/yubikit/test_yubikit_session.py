"""ykman's own library, unchanged, drives PIV in process: what another's reading of it expects."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from unit.chipcard_sim.cards import PIN, PUK, WRONG_PIN
from unit.chipcard_sim.piv_cards import MANAGEMENT_KEYS, SLOTS, whole_card
from ykman.piv import generate_self_signed_certificate, get_piv_info
from yubikit.core import TRANSPORT, InvalidPinError
from yubikit.core.smartcard import SW, ApduError, SmartCardConnection
from yubikit.piv import (
    KEY_TYPE,
    MANAGEMENT_KEY_TYPE,
    OBJECT_ID,
    PIN_POLICY,
    SLOT,
    Chuid,
    PivSession,
)

from chipcard_sim.bureau import objects
from chipcard_sim.chip.card import Card

MESSAGE = b"what is signed"


class InProcess(SmartCardConnection):
    """A connection that needs no reader."""

    def __init__(self, card: Card) -> None:
        self.card = card

    @property
    def transport(self) -> TRANSPORT:
        """What it takes every reader for that does not bear its maker's name."""
        return TRANSPORT.NFC

    def send_and_receive(self, apdu: bytes) -> tuple[bytes, int]:
        answer = self.card.transmit(bytes(apdu))
        return answer[:-2], int.from_bytes(answer[-2:])

    def close(self) -> None:
        self.card.power_off()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "chip"


@pytest.fixture
def session(path: Path) -> PivSession:
    return new_session(path, "ES256")


def new_session(path: Path, algorithm: str, management: int = 0x03) -> PivSession:
    return PivSession(InProcess(whole_card(path, algorithm, management)))


@pytest.mark.parametrize("management", MANAGEMENT_KEYS)
def test_the_administrator_is_known_by_every_kind_of_key(path: Path, management: int) -> None:
    session = new_session(path, "ES256", management)
    assert session.management_key_type == MANAGEMENT_KEY_TYPE(management)
    session.authenticate(MANAGEMENT_KEYS[management])
    session.put_object(OBJECT_ID.SECURITY, b"\x01\x02")
    assert session.get_object(OBJECT_ID.SECURITY) == b"\x01\x02"


def test_another_key_is_refused(session: PivSession) -> None:
    with pytest.raises(ApduError) as refused:
        session.authenticate(bytes(range(24)))
    assert refused.value.sw == SW.SECURITY_CONDITION_NOT_SATISFIED
    with pytest.raises(ApduError) as refused:
        session.put_object(OBJECT_ID.SECURITY, b"\x01\x02")
    assert refused.value.sw == SW.SECURITY_CONDITION_NOT_SATISFIED


@pytest.mark.filterwarnings("ignore:Deprecated:DeprecationWarning")  # their own, of themselves
@pytest.mark.parametrize("kind", [KEY_TYPE.ECCP256, KEY_TYPE.ECCP384, KEY_TYPE.RSA2048])
def test_a_key_is_made_certified_and_used(session: PivSession, kind: KEY_TYPE) -> None:
    session.authenticate(MANAGEMENT_KEYS[0x03])
    session.verify_pin(PIN)
    public = session.generate_key(SLOT.AUTHENTICATION, kind)
    now = datetime(2025, 1, 1, tzinfo=UTC)
    made = generate_self_signed_certificate(
        session, SLOT.AUTHENTICATION, public, "CN=NGUYEN THI MAU", now, now + timedelta(days=1)
    )
    session.put_certificate(SLOT.AUTHENTICATION, made)
    kept = session.get_certificate(SLOT.AUTHENTICATION)
    assert kept == made
    kept.verify_directly_issued_by(kept)
    assert session.get_slot_metadata(SLOT.AUTHENTICATION).public_key == public
    session.delete_certificate(SLOT.AUTHENTICATION)
    with pytest.raises(ApduError) as gone:
        session.get_certificate(SLOT.AUTHENTICATION)
    assert gone.value.sw == SW.FILE_NOT_FOUND


@pytest.mark.parametrize("slot", [SLOT.AUTHENTICATION, SLOT.SIGNATURE, SLOT.CARD_AUTH])
def test_every_slot_signs(session: PivSession, slot: SLOT) -> None:
    session.verify_pin(PIN)
    signature = session.sign(slot, KEY_TYPE.ECCP256, MESSAGE, hashes.SHA256())
    public = session.get_certificate(slot).public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    public.verify(signature, MESSAGE, ec.ECDSA(hashes.SHA256()))


def test_a_secret_is_shared(session: PivSession) -> None:
    session.verify_pin(PIN)
    other = ec.generate_private_key(ec.SECP256R1())
    public = session.get_certificate(SLOT.KEY_MANAGEMENT).public_key()
    assert isinstance(public, ec.EllipticCurvePublicKey)
    shared = session.calculate_secret(SLOT.KEY_MANAGEMENT, other.public_key())
    assert shared == other.exchange(ec.ECDH(), public)


def test_rsa_signs_and_deciphers(path: Path) -> None:
    session = new_session(path, "RS256")
    session.verify_pin(PIN)
    public = session.get_certificate(SLOT.KEY_MANAGEMENT).public_key()
    assert isinstance(public, rsa.RSAPublicKey)
    for scheme in (
        padding.PKCS1v15(),
        padding.OAEP(padding.MGF1(hashes.SHA256()), hashes.SHA256(), None),
    ):
        assert (
            session.decrypt(SLOT.KEY_MANAGEMENT, public.encrypt(MESSAGE, scheme), scheme) == MESSAGE
        )
    pss = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
    signature = session.sign(SLOT.KEY_MANAGEMENT, KEY_TYPE.RSA2048, MESSAGE, hashes.SHA256(), pss)
    public.verify(signature, MESSAGE, pss, hashes.SHA256())


def test_pin_and_puk_live_their_lives(session: PivSession) -> None:
    with pytest.raises(InvalidPinError) as wrong:
        session.verify_pin(WRONG_PIN)
    assert wrong.value.attempts_remaining == 2
    assert session.get_pin_metadata().attempts_remaining == session.get_pin_attempts() == 2
    session.change_pin(PIN, "24680246")
    for left in (2, 1, 0):
        with pytest.raises(InvalidPinError) as wrong:
            session.verify_pin(PIN)
        assert wrong.value.attempts_remaining == left
    session.unblock_pin(PUK, PIN)
    session.verify_pin(PIN)
    session.change_puk(PUK, "11112222")
    with pytest.raises(InvalidPinError):
        session.unblock_pin(PUK, PIN)
    assert session.get_puk_metadata().attempts_remaining == 2


def test_the_policies_are_told(session: PivSession) -> None:
    told = {slot: session.get_slot_metadata(SLOT(slot)).pin_policy for slot in SLOTS}
    once, always, never = PIN_POLICY.ONCE, PIN_POLICY.ALWAYS, PIN_POLICY.NEVER
    assert told == {0x9A: once, 0x9C: always, 0x9D: once, 0x9E: never}


def test_the_status_page_is_written(session: PivSession) -> None:
    """What `ykman piv info` prints: it asks for everything there is."""
    told = repr(get_piv_info(session))
    assert session.version == (5, 4, 0)
    assert "NGUYEN THI MAU" in told
    assert "default Management key" in told
    assert "default PIN" not in told
    assert session.get_serial() == 0x00010203


def test_a_policy_of_their_own_is_refused(session: PivSession) -> None:
    session.authenticate(MANAGEMENT_KEYS[0x03])
    with pytest.raises(ApduError) as refused:
        session.generate_key(SLOT.SIGNATURE, KEY_TYPE.ECCP256, PIN_POLICY.NEVER)
    assert refused.value.sw == SW.INCORRECT_PARAMETERS


def test_the_chuid_of_the_factory_is_read() -> None:
    guid = bytes(range(16))
    chuid = Chuid.from_bytes(objects.build_cardholder_identifier(guid, date(2030, 1, 15)))
    assert (chuid.guid, chuid.expiration_date) == (guid, date(2030, 1, 15))
    assert str(chuid.fasc_n) == "[9999-9999-999999-0-1-0000000000300001]"


def test_a_certificate_of_the_factory_is_read(session: PivSession) -> None:
    made = session.get_certificate(SLOT.AUTHENTICATION)
    session.authenticate(MANAGEMENT_KEYS[0x03])
    der = made.public_bytes(encoding=Encoding.DER)
    session.put_object(OBJECT_ID.SIGNATURE, objects.build_certificate(der))
    assert session.get_certificate(SLOT.SIGNATURE) == made
