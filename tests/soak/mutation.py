"""Small accidents that happen to good documents: pure noise dies at the first byte."""

import random  # noqa: TID251 - seeded on purpose: a failure can be played again
from collections.abc import Sequence

BYTES = (0, 1, 2, 0x04, 0x06, 0x30, 0x31, 0x5C, 0x7F, 0x80, 0x81, 0x82, 0x84, 0xA0, 0xFF)
INSERTED = (b'"\\u0000",{[', b'\\ud800"', b"null", b"1e999", b"\x84\xff\xff\xff\xff", b"\x30\x80")


def mutated(dice: random.Random, seed: bytes) -> bytes:
    """One to six small accidents: bits, bytes, cuts, repeats, insertions."""
    data = bytearray(seed)
    for _ in range(dice.choice((1, 1, 1, 2, 2, 3, 4, 6))):
        place = dice.randrange(len(data) + 1)
        match dice.randrange(8):
            case 0 | 1 if data:
                data[place % len(data)] ^= 1 << dice.randrange(8)
            case 2 | 3 if data:
                data[place % len(data)] = dice.choice(BYTES)
            case 4:
                del data[place : place + dice.choice((1, 1, 2, 5, 40))]
            case 5:
                data[place:place] = dice.randbytes(dice.randint(1, 20))
            case 6:
                data[place:place] = data[place : place + dice.randint(1, 60)]
            case _:
                data[place:place] = dice.choice(INSERTED)
    return bytes(data)


def spliced(dice: random.Random, seeds: Sequence[bytes]) -> bytes:
    """The head of one good document and the tail of another."""
    head, tail = dice.choice(seeds), dice.choice(seeds)
    return head[: dice.randrange(len(head) + 1)] + tail[dice.randrange(len(tail) + 1) :]


def shaken(dice: random.Random, seeds: Sequence[bytes]) -> bytes:
    """What a door is tried with: mostly one good document with accidents."""
    if dice.random() < 0.1:
        return spliced(dice, seeds)
    return mutated(dice, dice.choice(seeds))
