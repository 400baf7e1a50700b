"""What a command is called: its instruction, and what it is about, for a person who looks on."""

from collections.abc import Callable, Mapping

from chipcard_sim.iso7816 import tlv
from chipcard_sim.iso7816.apdu import Command

SECURED = 0x0C  # ISO/IEC 7816-4, 5.4.1: secure messaging with an authenticated header
SHORT_FILE = 0x80  # ISO/IEC 7816-4, 11.2.2: P1 names a file by its short identifier
MANAGEMENT_KEY = 0x9B

INSTRUCTIONS: Mapping[int, str] = {
    0x20: "VERIFY",
    0x22: "MANAGE SECURITY ENVIRONMENT",
    0x24: "CHANGE REFERENCE DATA",
    0x2C: "RESET RETRY COUNTER",
    0x44: "ACTIVATE",
    0x47: "GENERATE ASYMMETRIC KEY PAIR",
    0x82: "EXTERNAL AUTHENTICATE",
    0x84: "GET CHALLENGE",
    0x86: "GENERAL AUTHENTICATE",
    0x87: "GENERAL AUTHENTICATE",
    0x88: "INTERNAL AUTHENTICATE",
    0xA4: "SELECT",
    0xB0: "READ BINARY",
    0xB1: "READ BINARY",
    0xC0: "GET RESPONSE",
    0xCA: "GET DATA",
    0xCB: "GET DATA",
    0xD6: "UPDATE BINARY",
    0xDB: "PUT DATA",
    0xF7: "GET METADATA",
    0xF8: "GET SERIAL",
    0xFD: "GET VERSION",
}
_APPLICATIONS: Mapping[bytes, str] = {
    bytes.fromhex("A000000308"): "PIV",
    bytes.fromhex("A0000002471001"): "passport",
    b"\xf0EIDFACTORY": "factory",
}
# NIST SP 800-73-4 part 1, table 3.
OBJECTS: Mapping[int, str] = {
    0x5FC101: "certificate 9E",
    0x5FC102: "card holder unique identifier",
    0x5FC103: "fingerprints",
    0x5FC105: "certificate 9A",
    0x5FC106: "security object",
    0x5FC107: "card capability container",
    0x5FC108: "facial image",
    0x5FC109: "printed information",
    0x5FC10A: "certificate 9C",
    0x5FC10B: "certificate 9D",
    0x5FC10C: "key history",
    0x5FC121: "iris images",
    0x7E: "discovery object",
}
# ICAO 9303-10, 3.4 and 4.6: elementary files, whose short identifier is their last byte.
_FILES: Mapping[int, str] = {
    0x011C: "EF.CardAccess",
    0x011D: "EF.SOD",
    0x011E: "EF.COM",
    **{0x0100 + number: f"DG{number}" for number in range(1, 17)},
}
_SHORT_FILES = {name & 0x1F: words for name, words in _FILES.items()}
_REFERENCES = {0x00: "global PIN", 0x80: "PIN", 0x81: "PUK"}
_ALGORITHMS = {0x05: "RSA-3072", 0x07: "RSA-2048", 0x11: "P-256", 0x14: "P-384"}
_PACE_STEPS = {
    None: "PACE 1, encrypted nonce",
    0x81: "PACE 2, mapping",
    0x83: "PACE 3, key agreement",
    0x85: "PACE 4, tokens",
}


def name_command(command: Command) -> str:
    """Return what a command is called: `GET DATA 5FC105, certificate 9A`.

    Of a command under secure messaging only the header can be named: the rest is sealed.
    """
    base = INSTRUCTIONS.get(command.ins, f"INS {command.ins:02X}")
    is_secured = command.cla & SECURED == SECURED and not command.cla & 0x80
    if is_secured and command.ins != 0xB0:  # noqa: PLR2004 - its file stands in the header
        return f"{base}, secured"
    about = _about(command)
    words = f"{base} {about}" if about else base
    return f"{words}, secured" if is_secured else words


def read_object_tag(command: Command) -> int:
    """Return the tag of the object that GET DATA or PUT DATA names.

    Raises:
        MalformedTlv: the data do not begin with a name.
    """
    # Only the first field: what follows in PUT DATA is the object itself.
    size = tlv.told_size(command.data)
    return int.from_bytes(tlv.value(command.data[:size], 0x5C), "big")


def _about(command: Command) -> str:
    if command.ins not in _ABOUT:
        return ""
    try:
        return _ABOUT[command.ins](command)
    except tlv.MalformedTlv:
        return ""  # a piece of a chain, or nonsense: the instruction alone is certain


def _select(command: Command) -> str:
    data = command.data
    if command.p1 == 0x04:  # noqa: PLR2004 - by name, ISO/IEC 7816-4, 11.2.2
        for aid, words in _APPLICATIONS.items():
            if data.startswith(aid) or (data and aid.startswith(data)):
                return words
        return f"application {data.hex().upper()}"
    if data in {b"", b"\x3f\x00"} and command.p1 == 0:
        return "MF"
    return _FILES.get(int.from_bytes(data, "big"), f"file {data.hex().upper()}")


def _read_binary(command: Command) -> str:
    if command.p1 & SHORT_FILE:
        short = command.p1 & 0x1F
        return f"{_SHORT_FILES.get(short, f'file {short:02X}')} from {command.p2}"
    return f"from {command.p1 << 8 | command.p2}"


def _object(command: Command) -> str:
    if (command.p1, command.p2) != (0x3F, 0xFF):
        return f"{command.p1:02X}{command.p2:02X}"
    tag = read_object_tag(command)
    return f"{tag:X}, {OBJECTS[tag]}" if tag in OBJECTS else f"{tag:X}"


def _verify(command: Command) -> str:
    reference = _reference(command)
    if command.p1 == 0xFF:  # noqa: PLR2004 - NIST SP 800-73-4 part 2, 3.2.1
        return f"{reference}, log out"
    return reference if command.data else f"{reference}, how many tries"


def _reference(command: Command) -> str:
    return _REFERENCES.get(command.p2, f"{command.p2:02X}")


def _authenticate(command: Command) -> str:
    """NIST SP 800-73-4 part 2, 3.2.4."""
    if command.p2 == MANAGEMENT_KEY:
        return "9B, management key"
    tags = {field.tag for field in tlv.read(tlv.value(command.data, 0x7C))}
    doing = "agree on a key with" if 0x85 in tags else "sign with"  # noqa: PLR2004 - a point
    algorithm = _ALGORITHMS.get(command.p1, f"algorithm {command.p1:02X}")
    return f"{doing} {command.p2:02X}, {algorithm}"


def _pace(command: Command) -> str:
    """ICAO 9303-11, 4.4.4: the steps are told by what the reader sends."""
    fields = tlv.read(tlv.value(command.data, 0x7C))
    first = fields[0].tag if fields else None
    return _PACE_STEPS.get(first, "")


def _environment(command: Command) -> str:
    """ICAO 9303-11, 4.4.4.1 and 6.2.3."""
    if (command.p1, command.p2) != (0xC1, 0xA4):
        return ""
    password = tlv.by_tag(command.data).get(0x83, b"")
    words = {b"\x01": "with the MRZ", b"\x02": "with the CAN"}.get(password, "")
    return f"PACE {words}".strip()


_ABOUT: Mapping[int, Callable[[Command], str]] = {
    0x20: _verify,
    0x22: _environment,
    0x24: _reference,
    0x2C: _reference,
    0x86: _pace,
    0x87: _authenticate,
    0xA4: _select,
    0xB0: _read_binary,
    0xCA: _object,
    0xCB: _object,
    0xDB: _object,
}
