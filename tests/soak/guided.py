"""Bytes that a fuzzer thinks of (atheris, libFuzzer): what reaches new lines is spoilt further.

A program of its own, for libFuzzer ends its process:

    python tests/soak/guided.py CORPUS [libFuzzer's options]

The first byte of an input says to which door the rest goes.
"""

import sys
from pathlib import Path

import atheris  # type: ignore[import-not-found, import-untyped, unused-ignore]

sys.path[:0] = [str(Path(__file__).resolve().parents[up]) for up in (1, 2)]
READERS = [
    "keys.cms",
    "keys.pki.foreign",
    "keys.pki.foreign_keys",
    "eid.emrtd",
    "eid.vietnam.citizen_data",
    "eid.vietnam.mrz_profile",
    "eid.vietnam.printed_qr",
    "chipcard_sim.iso7816",
    "chipcard_sim.terminal",
    "chipcard_sim.bureau",
]
with atheris.instrument_imports(include=READERS):
    from soak.doors import DOORS

NAMES = (
    *("signed data", "certificates of a master list", "public key", "signature algorithm"),
    *("EF.COM", "DG1", "DG2", "DG13", "DG14", "DG15", "EF.CardAccess", "EF.SOD"),
    *("security object", "fields of a file", "MRZ", "MRZ of our own cards", "printed QR"),
    *("command", "TLV", "protected command", "protected answer", "portrait", "order"),
    *("EF.SOD at the reader", "DG14 at the reader", "key made by a card"),
)


def try_one(data: bytes) -> None:
    if data:
        DOORS[NAMES[data[0] % len(NAMES)]].try_with(data[1:])


def main() -> None:
    corpus = Path(sys.argv[1])
    corpus.mkdir(exist_ok=True)
    for number, name in enumerate(NAMES):
        for other, seed in enumerate(DOORS[name].seeds):
            (corpus / f"{number}-{other}").write_bytes(bytes((number,)) + seed)
    atheris.Setup(sys.argv, try_one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
