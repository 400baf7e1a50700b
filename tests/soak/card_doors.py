"""What comes to the simulator: commands, answers of any card, orders, packs, files on disk."""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import cast

from chips_for_tests import recoverable
from cryptography.hazmat.primitives.asymmetric import rsa
from passport_cards import (
    MRZ,
    PORTRAIT,
    PassportCard,
    make_passport_card,
    passport_order,
    passport_pack,
)
from soak.document_doors import chip_key_file, chips
from soak.door import Door
from soak.scratch import own_scratch
from soak.server_doors import certificates
from unit.chipcard_sim.cards import PIV, piv_card, sign_command, verify
from unit.chipcard_sim.piv_cards import whole_card

from chipcard_sim.bridge.asked import _read_texts
from chipcard_sim.bridge.chip_state import _key
from chipcard_sim.bridge.faces import read_face
from chipcard_sim.bridge.refusals import Refused
from chipcard_sim.bureau.documents import (
    build_report,
    read_order,
    read_pack,
    read_report,
)
from chipcard_sim.bureau.jobs import OrderConflict
from chipcard_sim.bureau.members import DocumentMalformed
from chipcard_sim.bureau.personalise import _check_fit
from chipcard_sim.bureau.plastic import build_plastic, plastic_of, read_plastic
from chipcard_sim.bureau.portrait import read_portrait
from chipcard_sim.chip.memory import Memory, MemoryDamaged
from chipcard_sim.iso7816 import tlv
from chipcard_sim.iso7816.apdu import Command, MalformedApdu, Response
from chipcard_sim.iso7816.block_ciphers import CipherName
from chipcard_sim.iso7816.chaining import PendingAnswer
from chipcard_sim.iso7816.curves import BRAINPOOL_P256R1, P256, Curve, NotAPoint
from chipcard_sim.iso7816.instruction import Instruction
from chipcard_sim.iso7816.secure_messaging import MessagingBroken, SecureMessaging
from chipcard_sim.terminal.access_key import AccessKey
from chipcard_sim.terminal.active_authentication import check_active_authentication
from chipcard_sim.terminal.agent import _curve
from chipcard_sim.terminal.errors import ChipNotGenuine, NotACard, UnusableAccessKey
from chipcard_sim.terminal.public_keys import read_public_key
from chipcard_sim.terminal.security_infos import (
    chip_keys,
    pace_offers,
    read_data_group_14,
    read_security_infos,
)
from chipcard_sim.terminal.security_object import read_security_object
from chipcard_sim.transport.names import name_command
from eid.emrtd.data_groups import build_dg2
from eid.emrtd.security_infos import build_card_access

COMMANDS = (
    PIV,
    verify(),
    sign_command(0x9A, bytes(32)),
    "00CB3FFF055C035FC10500",
    "10DB3FFF0A5C035FC10653030102FE",
    "00A4040C07A0000002471001",
    "0022C1A412800A04007F00070202040202830102840113",
    "10860000027C0000",
    "0C88000013" + "87" + "11" + "01" + "AB" * 16,
    "00B1000003540100" + "00",
    "00CB3FFF0000055C035FC1050000",
)
CHALLENGE = bytes(8)
CIPHERS: tuple[CipherName, ...] = ("AES", "3DES")


@cache
def passport() -> PassportCard:
    return make_passport_card(own_scratch())


@cache
def pack() -> str:
    small = {2: build_dg2(PORTRAIT[:200])}
    made = passport()
    return json.dumps(passport_pack(made.report, made.state, lambda groups: groups | small))


def made_pack() -> tuple[bytes, ...]:
    return (pack().encode(),)


def fit(data: bytes) -> object:
    """A pack that is written to the card has to fit what was ordered and what was made."""
    read = read_pack(data)
    _check_fit(read, read_order(passport_order()), passport().report)
    return read


def orders() -> tuple[bytes, ...]:
    return tuple(passport_order(can=can).encode() for can in (None, "271828"))


def reports() -> tuple[bytes, ...]:
    return (build_report(passport().report).encode(),)


def plastics() -> tuple[bytes, ...]:
    return (build_plastic(plastic_of(read_order(passport_order()), read_pack(pack()))).encode(),)


def card_files() -> tuple[bytes, ...]:
    """Cards as they lie on the disk; and without the checksum, as the first ones were."""
    whole_card(own_scratch() / "whole")
    piv_card(own_scratch() / "first")
    paths = (own_scratch() / "whole", own_scratch() / "first", passport().place)
    files = [path.read_bytes() for path in paths]
    return (*files, *(raw.rpartition(b',\n "checksum"')[0] + b"\n}" for raw in files))


@dataclass(frozen=True)
class File:
    """A file that costs no disk."""

    content: bytes

    def read_bytes(self) -> bytes:
        return self.content


def read_card_file(data: bytes) -> object:
    return Memory(cast("Path", File(data))).read()


def read_file_14(data: bytes) -> object:
    infos = read_data_group_14(data)
    return pace_offers(infos), chip_keys(infos)


def check_key_file(data: bytes) -> object:
    """A chip brings its own key, however long, and an answer as long as it likes."""
    infos = read_data_group_14(chips()[0].files[14])
    with suppress(ChipNotGenuine):
        check_active_authentication(data, infos, CHALLENGE, bytes(max(0, len(data) - 40)))
    return data


class Shown:
    """A card that holds one thing and answers every question with it."""

    def __init__(self, held: bytes) -> None:
        self._held = held
        self._pending = PendingAnswer()

    def transmit(self, raw: bytes) -> bytes:
        command = Command.read(raw)
        if command.ins == Instruction.SELECT:
            return b"\x90\x00"
        if command.ins == Instruction.GET_RESPONSE:
            return self._pending.more(command.answer_size).build()
        return self._pending.begin(self._held, command.answer_size).build()


def look_at_certificate(data: bytes) -> object:
    """What is drawn of a certificate that a card brings, or nothing where it cannot be read."""
    content = tlv.build(0x70, data[:60_000]) + tlv.build(0x71, b"\x00") + tlv.build(0xFE, b"")
    held = tlv.build(0x53, content)
    face, key = read_face("VN0000001", Shown(held)), _key("9A", Response(held, 0x9000))
    assert (face is None) == (key is None)
    if face is None:
        raise NotACard("nothing is drawn")
    return face


def check_answer(number: int) -> Callable[[bytes], object]:
    def read(signature: bytes) -> object:
        infos = read_data_group_14(chips()[0].files[14])
        file = chips()[number].files[15]
        check_active_authentication(file, infos, CHALLENGE, signature)
        return file

    return read


def recoverable_answer() -> bytes:
    key = chips()[1].key
    assert isinstance(key, rsa.RSAPrivateKey)
    return recoverable(key, CHALLENGE, least=False)


def fresh_end(cipher: CipherName) -> SecureMessaging:
    return SecureMessaging(cipher, bytes(16), bytes(16))


def protected_commands() -> tuple[bytes, ...]:
    return tuple(
        fresh_end(cipher).wrap(Command(0, ins, 0, 0, data, 256)).build()
        for cipher in CIPHERS
        for ins, data in ((0xA4, b"\x01\x01"), (0xB1, b"\x54\x01\x00"), (0xB0, b""))
    )


def protected_answers() -> tuple[bytes, ...]:
    return tuple(
        fresh_end(cipher).wrap_answer(Response(data, 0x9000)).build()
        for cipher in CIPHERS
        for data in (b"", b"a")
    )


def unwrap(data: bytes) -> object:
    command = Command.read(data)
    try:
        return fresh_end("AES").unwrap(command)
    except MessagingBroken:
        return fresh_end("3DES").unwrap(command)


def unwrap_answer(data: bytes) -> object:
    response = Response.read(data)
    try:
        return fresh_end("AES").unwrap_answer(response)
    except MessagingBroken:
        return fresh_end("3DES").unwrap_answer(response)


def zone_lines(data: bytes) -> object:
    return AccessKey.from_mrz(data.decode("utf-8", "replace").split("\n"))


def point_of(curve: Curve) -> Callable[[], tuple[bytes, ...]]:
    return lambda: (curve.encode(curve.generator),)


def made_keys() -> tuple[bytes, ...]:
    rsa_key = tlv.build(0x81, b"\xff" * 256) + tlv.build(0x82, b"\x01\x00\x01")
    return (tlv.build(0x7F49, tlv.build(0x86, point_of(P256)()[0])), tlv.build(0x7F49, rsa_key))


BAD_CARD = (NotACard,)
DOORS: tuple[Door, ...] = (
    Door(
        "command",
        lambda data: name_command(Command.read(data)),
        (MalformedApdu,),
        lambda: tuple(map(bytes.fromhex, COMMANDS)),
        80,
    ),
    Door(
        "answer",
        Response.read,
        (MalformedApdu,),
        lambda: (b"\x90\x00", b"\x53\x03abc\x90\x00", b"\x61\x08", b"\x99\x02\x69\x82\x69\x82"),
        20,
    ),
    Door(
        "TLV",
        tlv.read,
        (tlv.MalformedTlv,),
        lambda: (tlv.build(0x7C, tlv.build(0x82, b"")), tlv.build(0x5FC105, bytes(300))),
        60,
    ),
    Door(
        "size told by a head",
        tlv.told_size,
        (tlv.MalformedTlv,),
        lambda: (tlv.build(0x75, bytes(300))[:8],),
    ),
    Door(
        "protected command",
        unwrap,
        (MalformedApdu, MessagingBroken),
        protected_commands,
        20,
    ),
    Door(
        "protected answer", unwrap_answer, (MalformedApdu, MessagingBroken), protected_answers, 20
    ),
    Door("point of P-256", P256.decode, (NotAPoint,), point_of(P256)),
    Door(
        "point of brainpoolP256r1",
        BRAINPOOL_P256R1.decode,
        (NotAPoint,),
        point_of(BRAINPOOL_P256R1),
    ),
    Door("order", read_order, (DocumentMalformed,), orders, 30),
    Door("pack", read_pack, (DocumentMalformed,), made_pack, 30),
    Door("pack that fits its card", fit, (DocumentMalformed, OrderConflict), made_pack, 20),
    Door("report kept by the factory", read_report, (DocumentMalformed,), reports, 20),
    Door("plastic", read_plastic, (DocumentMalformed,), plastics, 20),
    Door("portrait", read_portrait, (DocumentMalformed,), lambda: (build_dg2(PORTRAIT[:200]),), 20),
    Door("card file", read_card_file, (MemoryDamaged,), card_files, 30),
    Door(
        "request of the bridge's window",
        _read_texts,
        (Refused,),
        lambda: (b'{"card":"VN0000001","pin":"123456","newPin":"654321"}',),
        10,
    ),
    Door(
        "EF.SOD at the reader",
        read_security_object,
        BAD_CARD,
        lambda: tuple(chip.sod for chip in chips()),
        20,
    ),
    Door(
        "EF.CardAccess at the reader", read_security_infos, BAD_CARD, lambda: (build_card_access(),)
    ),
    Door("DG14 at the reader", read_file_14, BAD_CARD, lambda: (chip_key_file(),), 20),
    Door(
        "DG15 at the reader",
        check_key_file,
        BAD_CARD,
        lambda: tuple(chip.files[15] for chip in chips()),
        20,
    ),
    Door(
        "answer of an ECDSA chip at the reader",
        check_answer(0),
        (ChipNotGenuine,),
        lambda: (chips()[0].sign(CHALLENGE),),
    ),
    Door(
        "answer of an RSA chip at the reader",
        check_answer(1),
        (ChipNotGenuine,),
        lambda: (recoverable_answer(),),
    ),
    Door("certificate at the agent", _curve, BAD_CARD, certificates, 20),
    Door("certificate at the desk", look_at_certificate, BAD_CARD, certificates, 20),
    Door("key made by a card", read_public_key, BAD_CARD, made_keys),
    Door(
        "zone typed at the reader",
        zone_lines,
        (UnusableAccessKey,),
        lambda: ("\n".join(MRZ).encode(),),
    ),
)
