"""The Federal Agency Smart Credential Number, which a PIV card identifier must carry.

Forty characters of five bits: a decimal digit, least significant bit first, then odd parity
(the PACS integration guide that SP 800-73-4, part 1, 3.1.2 refers to).
"""

_START, _SEPARATOR, _END = 0b1011, 0b1101, 0b1111
_BITS = 4
# Agency, system, credential, series, issue: fourteen nines say that the GUID tells cards apart
# (SP 800-73-4, part 1, 3.1.2), for an issuer outside the federal number plan.
_GROUPS = ("9999", "9999", "999999", "0", "1")
_PERSON = "0000000000" + "3" + "0000" + "1"  # no person number; category other; no organisation


def build_fascn() -> bytes:
    """Return the 25 bytes of a card that is told apart by its GUID alone."""
    characters = [_START]
    for group in _GROUPS:
        characters += [int(digit) for digit in group] + [_SEPARATOR]
    characters += [int(digit) for digit in _PERSON] + [_END]
    characters.append(_longitudinal_parity(characters))
    bits = "".join(_with_parity(character) for character in characters)
    return int(bits, 2).to_bytes(len(bits) // 8, "big")


def _longitudinal_parity(characters: list[int]) -> int:
    parity = 0
    for character in characters:
        parity ^= character
    return parity


def _with_parity(character: int) -> str:
    bits = [(character >> place) & 1 for place in range(_BITS)]
    return "".join(str(bit) for bit in [*bits, (sum(bits) + 1) % 2])
