"""The reader's answer to a challenge by the chip itself: what is signed, and that it is no copy.

The server gets the files that the issuing state signed, and the chip's own signature over a
challenge: with that no copy of the files is worth anything. The face (DG2) is read by nobody for
a sign-in.
"""

import json
from base64 import b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from chipcard_sim.iso7816.transport import Transport
from chipcard_sim.terminal.access_key import AccessKey
from chipcard_sim.terminal.agent import APP_VERSION, SHORTEST_NONCE
from chipcard_sim.terminal.emrtd import CHALLENGE, DATA_GROUPS, SECURITY_OBJECT, EmrtdClient
from chipcard_sim.terminal.errors import ChallengeRefused, NotACard

FORMAT = "eid.chip-reading:1"
MOST_BYTES = 40_000
NEEDED, WELCOME = (1, 15), (13, 14)


def read_chip(transport: Transport, origin: str, nonce: str, can: str) -> dict[str, Any]:
    """Read a chip for the site that asks. The origin is signed, and not in the answer.

    Args:
        transport: to a card with a passport application.
        origin: of the page that asks, as the browser tells it: `https://host[:port]`.
        nonce: the challenge, base64 text; it is hashed as text.
        can: the six digits printed on the card.

    Raises:
        ChallengeRefused: the nonce is shorter than 32 bytes in base64.
        UnusableAccessKey, WrongAccessKey, ChipNotGenuine, AnswerAltered, CardRefused, NotACard.
    """
    return read_chip_with(transport, origin, nonce, AccessKey.from_can(can))


def read_chip_with(transport: Transport, origin: str, nonce: str, key: AccessKey) -> dict[str, Any]:
    """As `read_chip`, with a number or with a machine readable zone."""
    if len(nonce) < SHORTEST_NONCE:
        raise ChallengeRefused("a challenge has at least 32 random bytes")
    chip = EmrtdClient(transport)
    chip.open(key)
    groups = {number: chip.read(DATA_GROUPS[number]) for number in NEEDED}
    for number in WELCOME:
        if (found := chip.find(DATA_GROUPS[number])) is not None:
            groups[number] = found
    reading = {
        "format": FORMAT,
        "securityObject": _text(chip.read(SECURITY_OBJECT)),
        "dataGroups": _texts(groups),
        "activeAuthentication": _text(chip.sign_challenge(chip_challenge(origin, nonce))),
        "appVersion": APP_VERSION,
    }
    if len(json.dumps(reading)) > MOST_BYTES:
        raise NotACard("more than a reading may hold")
    return reading


def chip_challenge(origin: str, nonce: str) -> bytes:
    """The eight bytes that the chip signs: bound to the site that asks, as the token of PIV is.

    A site that relays another site's challenge asks under its own origin, and gets a signature
    that is worth nothing there.
    """
    bound = sha256(origin.encode()).digest() + sha256(nonce.encode()).digest()
    return sha256(bound).digest()[:CHALLENGE]


def _texts(groups: Mapping[int, bytes]) -> dict[str, str]:
    return {str(number): _text(groups[number]) for number in sorted(groups)}


def _text(octets: bytes) -> str:
    return b64encode(octets).decode("ascii")
