"""Passport chips for tests, with small files made by hand, and a reader to go with them.

Holder and numbers are invented. The reader here is the tests' own: it shares with the card only
what both ends share, and does on purpose what no decent reader does.
"""

import hashlib
import secrets
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from unit.chipcard_sim.cards import change_state, issued_card, send

from chipcard_sim.applications import APPLICATIONS
from chipcard_sim.chip import keys
from chipcard_sim.chip.application import Quirk
from chipcard_sim.chip.card import Card
from chipcard_sim.chip.keys import KeyAlgorithm
from chipcard_sim.chip.memory import CardState, StoredKey
from chipcard_sim.iso7816 import tlv
from chipcard_sim.iso7816.apdu import Command, Response
from chipcard_sim.iso7816.block_ciphers import TripleDes, aes_decrypt, cmac
from chipcard_sim.iso7816.curves import STANDARDIZED_CURVES, Point
from chipcard_sim.iso7816.key_derivation import Purpose, derive_key, derive_session
from chipcard_sim.iso7816.secure_messaging import SecureMessaging

PASSPORT = "00A4040C07A0000002471001"
MASTER_FILE = "00A4000C023F00"
MRZ = (
    "IDVNM9900000011001190000001<<6",
    "9001158F3001156VNM<<<<<<<<<<<8",
    "NGUYEN<<THI<MAU<<<<<<<<<<<<<<<",
)
INFORMATION = "990000001" + "1" + "900115" + "8" + "300115" + "6"
MRZ_SECRET = hashlib.sha1(INFORMATION.encode()).digest()  # noqa: S324 - ICAO 9303-11, 4.3.2
CAN = b"246802"
END_OF_NUMBER = b"000001"
# A version, then the list of what is there: data groups 1 and 2.
COMMON = bytes.fromhex("60145F0104303130375F36063034303030305C026175")
DG1 = tlv.build(0x61, tlv.build(0x5F1F, "".join(MRZ).encode()))
DG2 = tlv.build(0x75, bytes(range(256)) * 5)
SECURITY_OBJECT = tlv.build(0x77, b"\x30\x03\x02\x01\x00")
# Two PACEInfo, version 2, with the domain parameters 13 and 12.
CARD_ACCESS = bytes.fromhex(
    "31283012060A04007F0007020204020202010202010D3012060A04007F0007020204020202010202010C"
)
FILES = {
    0x011C: CARD_ACCESS,
    0x011D: SECURITY_OBJECT,
    0x011E: COMMON,
    0x0101: DG1,
    0x0102: DG2,
}
PACE = "04007F00070202040202"
CHIP_AUTHENTICATION = "04007F00070202030202"
ACTIVE, CHIP = 0xAA, 0xCA


def passport_card(path: Path, quirks: frozenset[Quirk] = frozenset()) -> Card:
    """An issued card whose passport application has files, keys and passwords."""
    issued_card(path)
    change_state(path, _with_passport)
    return Card.open(path, applications=APPLICATIONS, quirks=quirks)


def _with_passport(state: CardState) -> CardState:
    return replace(
        state,
        keys={**state.keys, ACTIVE: made_key(ACTIVE), CHIP: made_key(CHIP)},
        files=FILES,
        passwords={1: MRZ_SECRET, 2: CAN},
    )


@lru_cache
def made_key(slot: int, algorithm: int = KeyAlgorithm.P256) -> StoredKey:
    """A key, made once for all tests."""
    del slot
    return keys.generate(algorithm)


class PassportReader:
    """A reader in front of a card: opens it, and speaks as it was agreed."""

    def __init__(self, card: Card) -> None:
        self.card = card
        self.session: SecureMessaging | None = None

    def plain(self, command: str) -> str:
        """One command without protection, whatever is in force."""
        return send(self.card, command)

    def protected(self, command: str) -> Response:
        """One command under the session."""
        assert self.session is not None
        wrapped = self.session.wrap(Command.read(bytes.fromhex(command)))
        answer = Response.read(self.card.transmit(wrapped.build()))
        return self.session.unwrap_answer(answer)

    def ask(self, command: str) -> str:
        """As `protected`, in hexadecimal digits."""
        return self.protected(command).build().hex().upper()

    def read(self, identifier: int) -> bytes:
        """A whole file under the session."""
        assert self.ask(f"00A4020C02{identifier:04X}") == "9000"
        content = b""
        while True:
            answer = self.protected(f"00B0{len(content):04X}00")
            if answer.status == 0x6B00:
                return content
            assert answer.is_ok
            assert answer.data, "an end that is none"
            content += answer.data

    # Basic access control

    def bac(self, secret: bytes = MRZ_SECRET) -> str:
        """Open by the MRZ; the status word of the card's answer."""
        challenge = bytes.fromhex(self.plain("0084000008")[:-4])
        return self.bac_answer(challenge, secret)

    def bac_answer(self, challenge: bytes, secret: bytes = MRZ_SECRET) -> str:
        access = TripleDes(*derive_session(secret[:16], "3DES"))
        own, key = secrets.token_bytes(8), secrets.token_bytes(16)
        cryptogram = access.encrypt(own + challenge + key)
        message = (cryptogram + access.checksum(cryptogram)).hex()
        answer = self.plain(f"0082000028{message}28")
        if answer.endswith("9000"):
            told = access.decrypt(bytes.fromhex(answer)[:32])
            assert told[:16] == challenge + own
            seed = bytes(a ^ b for a, b in zip(key, told[16:], strict=True))
            counter = int.from_bytes(challenge[4:] + own[4:])
            self.session = SecureMessaging("3DES", *derive_session(seed, "3DES"), counter)
        return answer[-4:]

    # PACE

    def step(self, *fields: tuple[int, bytes], is_last: bool = False) -> tuple[bytes, str]:
        """One GENERAL AUTHENTICATE: the value of the one field answered, and the status word."""
        template = tlv.build(0x7C, b"".join(tlv.build(*field) for field in fields))
        cla = "00" if is_last else "10"
        answer = self.plain(f"{cla}860000{len(template):02X}{template.hex()}00")
        if not answer.endswith("9000"):
            return b"", answer
        (told,) = tlv.read(tlv.value(bytes.fromhex(answer)[:-2], 0x7C))
        return told.value, "9000"

    def begin_pace(self, reference: int = 1, parameter: int | None = 13) -> str:
        tail = "" if parameter is None else f"8401{parameter:02X}"
        data = f"800A{PACE}8301{reference:02X}{tail}"
        return self.plain(f"0022C1A4{len(data) // 2:02X}{data}")

    def pace(
        self, secret: bytes = MRZ_SECRET, reference: int = 1, parameter: int | None = 13
    ) -> str:
        """Open by a password; the status word that it ends with."""
        status = self.begin_pace(reference, parameter)
        if status != "9000":
            return status
        curve = STANDARDIZED_CURVES[parameter or 13]
        encrypted, _ = self.step()
        nonce = aes_decrypt(derive_key(secret, Purpose.PASSWORD, "AES"), encrypted)
        own = scalar()
        raw, _ = self.step((0x81, curve.encode(curve.multiply(own, curve.generator))))
        generator = curve.map_generator(nonce, curve.multiply(own, curve.decode(raw)))
        mapped = replace(curve, generator=generator)
        own = scalar()
        public = mapped.encode(mapped.multiply(own, generator))
        raw, _ = self.step((0x83, public))
        shared = mapped.secret(mapped.multiply(own, mapped.decode(raw)))
        key_enc, key_mac = derive_session(shared, "AES")
        answer, status = self.step((0x85, token(key_mac, raw)), is_last=True)
        if status == "9000":
            assert answer == token(key_mac, public)
            self.session = SecureMessaging("AES", key_enc, key_mac)
        return status

    # Chip authentication

    def chip_authentication(self, chip_key: bytes) -> str:
        """A new session with the chip's static key (an uncompressed point of P-256)."""
        assert self.ask(f"002241A40C800A{CHIP_AUTHENTICATION}") == "9000"
        curve, own = STANDARDIZED_CURVES[12], scalar()
        public = curve.encode(curve.multiply(own, curve.generator))
        template = tlv.build(0x7C, tlv.build(0x80, public)).hex()
        answer = self.ask(f"00860000{len(template) // 2:02X}{template}00")
        secret = curve.secret(curve.multiply(own, curve.decode(chip_key)))
        self.session = SecureMessaging("AES", *derive_session(secret, "AES"))
        return answer


def scalar() -> int:
    return secrets.randbelow(2**255) + 1


def token(key_mac: bytes, point: bytes) -> bytes:
    fields = tlv.build(0x06, bytes.fromhex(PACE)) + tlv.build(0x86, point)
    return cmac(key_mac, tlv.build(0x7F49, fields))


def public_point(stored: StoredKey) -> bytes:
    """A stored key's public half, uncompressed."""
    return tlv.value(tlv.value(keys.public_key(stored), 0x7F49), 0x86)


def point_of(raw: bytes) -> Point:
    return Point(int.from_bytes(raw[1:33]), int.from_bytes(raw[33:]))


def opened(card: Card, by: str = "pace") -> PassportReader:
    """A reader that has opened the card and stands in the application."""
    reader = PassportReader(card)
    if by == "bac":
        assert reader.plain(PASSPORT) == "9000"
        assert reader.bac() == "9000"
    else:
        assert reader.pace() == "9000"
        assert reader.ask(PASSPORT) == "9000"
    return reader
