"""The page of the documentation, written from the table: what it says is what is played."""

from collections.abc import Iterator

from chipcard_sim.faults.fault import Before, Fault, Group
from chipcard_sim.faults.table import FAULTS

_HEAD = """\
# Faults on command

Written by `chipcard-sim fault list --markdown` from the table that the simulator plays from. A
test holds this page equal to the table, and another plays every row against a running provider
and a running bridge: each has to be refused with exactly its code, and the same card has to sign
in afterwards.

```sh
chipcard-sim fault list                  # this table
chipcard-sim fault show wrong-eku        # one row, and how to play it
chipcard-sim answer CARD --fault wrong-eku --origin http://localhost:8000 --nonce NONCE --pin 123456
make demo FAULT=altered-dg1              # the demo, with a bridge whose cards are wrong
chipcard-sim bridge --origin http://localhost:8000 --fault altered-dg1    # where no demo runs
chipcard-sim insert CARD --fault pulled-card
```

`answer` prints what the card would answer. With `bridge --fault` every card of the bridge is
wrong in that one way, for the window of any browser. `insert --fault` puts a misbehaving chip
into the virtual PC/SC reader, for other people's programs: it plays the rows whose chip
misbehaves, and says of the others why it does not. Faults of the document want a sign-in by
reading the chip, which a client is offered that asks for level 1.

The last column names what a row tests: a clause, or a row of [the requirements](requirements.md).

## One walk

1. End a running demo with Ctrl-C: its people and cards stay. Then `make demo FAULT=altered-dg1`.
2. Open the library, <http://127.0.0.1:8103>: Sign in, "Other ways", "Read the chip, without a
   PIN". In the card reader's window choose a card and type the CAN, which `chipcard-sim show CARD`
   prints.
3. The page refuses, with a case number. In another terminal, in the same folder:

   ```sh
   . .venv/bin/activate
   set -a; . .demo/env; set +a          # eid commands now work on the demo's world
   eid audit --case NUMBER
   ```

   `LoginRefused` carries the row's code.
4. Ctrl-C, then `make demo`: the same card signs in.

## What the codes are

- **Refused by the provider**: the code stands in the audit trail (`LoginRefused`), and so does the
  word of the column *because*; the operator reads it by `eid audit`, or by `eid audit --case` and
  the number on the page. On the page three of them are one sentence, `proof_rejected`, so that
  nobody feels the way: `signature_wrong`, `challenge_spent`, `certificate_untrusted`.
- **Refused by the reader**: nothing is sent, and the challenge of the page stays good. The code
  is the bridge's. The reader waits five seconds for a command with all its pieces, and never
  follows an answer beyond 65,536 bytes.

## What is honest about the forgeries

The simulator has no key of the issuer. Forged certificates and document signers come from a
look-alike authority: the same names, the same key identifier, another key. The provider looks at
form, key, profile, subject and time before it follows the chain, so such a certificate is refused
for its own reason, which the column *because* names and a test compares. It would be refused as
`untrusted` in any case; that the rule is there at all is what the reason shows. Four rows are no
forgeries: `signature-key`, `presence-key`, `agreement-certificate` and `card-as-document-signer`
use genuine keys and certificates of the card, which lead to the same root. Nobody can strike a
hash from EF.SOD (`missing-hash`) without its signature seeing it first; that a data group which
is not listed is refused has tests of its own.

**A fresh high-S signature is no fault.** (r, n - s) is a signature wherever (r, s) is one (FIPS
186-5 does not choose between them), cards answer either, and the provider accepts either.
`high-s-twin` sends the twin of a signature that was *used*: it is refused because the challenge
is spent, whatever the bytes are.
"""
_TITLES = {
    Group.CERTIFICATE: "The certificate",
    Group.SIGNATURE: "The signature, and the token around it",
    Group.DOCUMENT: "The document on the chip",
    Group.CHIP: "The chip",
}


def write_page() -> str:
    """Write the page."""
    return "\n".join([_HEAD, *(_section(group) for group in Group)])


def _section(group: Group) -> str:
    rows = [row for row in FAULTS.values() if row.group is group]
    return "\n".join(
        [
            f"## {_TITLES[group]}",
            "",
            "| fault | what is wrong | refused by, with | because | tests |",
            "| --- | --- | --- | --- | --- |",
            *map(_line, rows),
            "",
            *_conditions(rows),
        ]
    )


def _line(row: Fault) -> str:
    told = f"{row.english}<br>{row.vietnamese}"
    refusal = f"{row.refused_by}, `{row.code}`"
    return f"| `{row.name}` | {told} | {refusal} | {row.reason or '-'} | {row.clause} |"


def _conditions(rows: list[Fault]) -> Iterator[str]:
    for row in rows:
        if row.before is not Before.NOTHING:
            yield f"`{row.name}` can be played when {row.before}.\n"
