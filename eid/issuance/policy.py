"""What this room may be told about how it works. The law's numbers are not among it."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class IssuancePolicy:
    """How applications become accounts and cards.

    Attributes:
        document_prefix: first letter of document numbers.
        algorithm: what the chip's keys sign with.
        serial_key: 32 bytes from which certificate serial numbers are drawn, and nothing else.
    """

    document_prefix: str
    serial_key: bytes = field(repr=False)
    algorithm: str = "ES256"


@dataclass(frozen=True, slots=True)
class NoticePolicy:
    """How holders are told.

    Attributes:
        link_base: what stands before the handle in an activation link.
        code_length: digits of an activation code.
        attempts: wrong codes before a case needs help.
        code_key: 32 bytes that hash codes and nothing else (AC-02).
    """

    link_base: str
    code_length: int
    attempts: int
    code_key: bytes = field(repr=False)
