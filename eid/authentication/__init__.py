"""Room: who is at the keyboard.

`FACTORS` is the one list of ways to prove oneself: method, kinds and RFC 8176 references. The
level of a sign-in, its `acr` and its `amr` follow from the kinds and are declared nowhere else.
"""

from typing import Final

from eid.domain.assurance import (
    CARD_CERTIFICATE,
    CARD_CHIP,
    CARD_SIGNATURE,
    AuthenticationMethod,
)

FACTORS: Final[tuple[AuthenticationMethod, ...]] = (CARD_SIGNATURE, CARD_CERTIFICATE, CARD_CHIP)
