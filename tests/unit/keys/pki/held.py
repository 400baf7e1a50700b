"""The demo ceremony, held once in memory."""

import asyncio
from pathlib import Path

from unit.keys.pki.makers import NOW

from keys.pki.ceremony import Material, hold, read_ceremony
from keys.pki.profiles import (
    CARD_CA,
)
from keys.pki.subject import card_subject
from keys.vault.memory import MemoryVault

CEREMONY = Path(__file__).parents[4] / "docker" / "ceremony.toml"
TEXT = CEREMONY.read_text()
HOLDER = card_subject("NGUYEN THI MAU", "001190000001")


def held(vault: MemoryVault) -> Material:
    return asyncio.run(hold(read_ceremony(TEXT), vault, NOW, existing=None))


VAULT = MemoryVault()
MATERIAL = held(VAULT)
CARDS = asyncio.run(MATERIAL.authority(CARD_CA, VAULT))
