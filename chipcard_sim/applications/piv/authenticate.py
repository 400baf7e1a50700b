"""The six things that GENERAL AUTHENTICATE can mean (NIST SP 800-73-4 part 2, 3.2.4, annex A)."""

from dataclasses import dataclass, field

from chipcard_sim.iso7816 import tlv
from chipcard_sim.iso7816.apdu import Command

DYNAMIC_AUTHENTICATION = 0x7C
WITNESS = 0x80
CHALLENGE = 0x81
RESPONSE = 0x82
EXPONENTIATION = 0x85


@dataclass(frozen=True, slots=True)
class Sign:
    """The use of a private key on a hash, or on an RSA block: to sign, or to decipher (A.4)."""

    algorithm: int
    slot: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Agree:
    """The use of a private key on somebody's point: a shared secret (A.5)."""

    algorithm: int
    slot: int
    point: bytes


@dataclass(frozen=True, slots=True)
class AskChallenge:
    """The administrator asks for something to encrypt (A.1), or a client for random bytes."""

    algorithm: int
    slot: int


@dataclass(frozen=True, slots=True)
class AnswerChallenge:
    """The administrator has encrypted the challenge (A.1)."""

    algorithm: int
    slot: int
    response: bytes


@dataclass(frozen=True, slots=True)
class AskWitness:
    """The administrator asks for something to decrypt (A.2)."""

    algorithm: int
    slot: int


@dataclass(frozen=True, slots=True)
class AnswerWitness:
    """The administrator has decrypted the witness, and asks the card for the same proof (A.2)."""

    algorithm: int
    slot: int
    witness: bytes = field(repr=False)
    challenge: bytes


KeyUse = Sign | Agree
ManagementCommand = AskChallenge | AnswerChallenge | AskWitness | AnswerWitness


def read_general_authenticate(command: Command) -> KeyUse | ManagementCommand:
    """What the template asks for. Its tags tell, and only these shapes are known.

    Raises:
        MalformedTlv: it has none of the shapes.
    """
    algorithm, slot = command.p1, command.p2
    fields = tlv.read(tlv.value(command.data, DYNAMIC_AUTHENTICATION))
    # An empty field says what is wanted back, and stands before what it is made from.
    match [(each.tag, each.value) for each in fields]:
        case [(0x82, b""), (0x81, data)]:
            return Sign(algorithm, slot, data)
        case [(0x82, b""), (0x85, point)]:
            return Agree(algorithm, slot, point)
        case [(0x81, b"")]:
            return AskChallenge(algorithm, slot)
        case [(0x82, response)] if response:
            return AnswerChallenge(algorithm, slot, response)
        case [(0x80, b"")]:
            return AskWitness(algorithm, slot)
        case [(0x80, witness), (0x81, challenge)] | [
            (0x80, witness),
            (0x81, challenge),
            (0x82, b""),
        ]:
            return AnswerWitness(algorithm, slot, witness, challenge)
    raise tlv.MalformedTlv("not the fields of any use of a key")


def build_answer(tag: int, value: bytes) -> bytes:
    """One field of the template, as the card answers it."""
    return tlv.build(DYNAMIC_AUTHENTICATION, tlv.build(tag, value))
