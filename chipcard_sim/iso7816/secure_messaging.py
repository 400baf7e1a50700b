"""Secure messaging: every command and answer encrypted and checked (ICAO 9303-11, 9.8), both ends.

The card calls `unwrap` and `wrap_answer`, the reader `wrap` and `unwrap_answer`, strictly in turn:
a counter goes up before each, and what does not fit it ends the session.
"""

import hmac
from dataclasses import replace

from chipcard_sim.iso7816 import tlv
from chipcard_sim.iso7816.apdu import (
    EXTENDED_ANSWER,
    SHORT_ANSWER,
    SHORT_DATA,
    Command,
    Response,
)
from chipcard_sim.iso7816.block_ciphers import (
    CHECKSUM,
    BadPadding,
    CipherName,
    pad,
    suite,
    unpad,
)
from chipcard_sim.iso7816.status import StatusWord, describe

PROTECTED = 0x0C  # ISO/IEC 7816-4, 5.4.1: secure messaging with an authenticated header
NOT_INTERINDUSTRY = 0xE0
CRYPTOGRAM = 0x87  # after a byte that names the padding
CRYPTOGRAM_ODD = 0x85  # the same for odd instructions, without that byte
PADDING_METHOD_2 = b"\x01"
WANTED = 0x97
STATUS = 0x99
MAC = 0x8E
MAC_FIELD = 2 + CHECKSUM
ANSWER_FRAME = 4 + MAC_FIELD  # status and checksum
CRYPTOGRAM_FRAME = 5  # tag, longest length, padding indicator


class MessagingBroken(Exception):
    """The session is over. `status` is what the card answers, or answered, without protection."""

    def __init__(self, why: str, status: int = StatusWord.PROTECTION_WRONG) -> None:
        """It ended for this reason."""
        super().__init__(f"{why} ({describe(status)})")
        self.status = status


def is_protected(command: Command) -> bool:
    """Whether the class byte says secure messaging, the only kind ICAO 9303-11 uses."""
    return not command.cla & NOT_INTERINDUSTRY and command.cla & PROTECTED == PROTECTED


class SecureMessaging:
    """One end of a session. Keys are of 16 bytes; `counter` is the send sequence counter."""

    def __init__(
        self, cipher: CipherName, key_enc: bytes, key_mac: bytes, counter: int = 0
    ) -> None:
        self._suite = suite(cipher, key_enc, key_mac)
        self._counter = counter
        self._is_odd = False

    # The card's end

    def unwrap(self, command: Command) -> Command:
        """The command inside a protected one. Asks for no more than its protected answer may hold.

        Raises:
            MessagingBroken: PROTECTION_MISSING without a checksum, PROTECTION_WRONG otherwise.
        """
        self._step(command.ins)
        fields = self._checked_fields(command.data, self._header(command))
        cryptogram = fields.pop(self._cryptogram_tag, None)
        wanted = _read_wanted(fields.pop(WANTED, None))
        if fields:
            raise MessagingBroken("fields that do not belong")
        wanted = min(wanted, self._room(command.answer_size or EXTENDED_ANSWER))
        data = b"" if cryptogram is None else self._decrypt(cryptogram)
        return replace(command, cla=command.cla & ~PROTECTED, data=data, answer_size=wanted)

    def wrap_answer(self, response: Response) -> Response:
        """Protect an answer. Its status word stands inside and, as ICAO readers expect, outside."""
        self._step()
        status = tlv.build(STATUS, response.status.to_bytes(2, "big"))
        data = self._encrypt(response.data) + status
        return Response(data + self._mac_field(data), response.status)

    # The reader's end

    def wrap(self, command: Command) -> Command:
        """Protect a command: one that fits, chaining is done before."""
        self._step(command.ins)
        data = self._encrypt(command.data) + _build_wanted(command.answer_size)
        protected = replace(command, cla=command.cla | PROTECTED, data=data)
        data += self._mac_field(data, self._header(protected))
        is_short = len(data) <= SHORT_DATA and command.answer_size <= SHORT_ANSWER
        size = SHORT_ANSWER if is_short else EXTENDED_ANSWER
        return replace(protected, data=data, answer_size=size)

    def unwrap_answer(self, response: Response) -> Response:
        """The answer inside a protected one.

        Raises:
            MessagingBroken: it is not protected, or its checksum is wrong. Its status is then the
                card's, whatever that is worth.
        """
        self._step()
        if not response.data:
            raise MessagingBroken("an answer without protection", response.status)
        fields = self._checked_fields(response.data, b"")
        cryptogram = fields.pop(self._cryptogram_tag, None)
        status = fields.pop(STATUS, b"")
        if fields or status != response.status.to_bytes(2, "big"):
            raise MessagingBroken("another status inside than outside, or fields too many")
        data = b"" if cryptogram is None else self._decrypt(cryptogram)
        return Response(data, response.status)

    # Both ends

    def _step(self, ins: int | None = None) -> None:
        """Count; a command's instruction also decides the form of its answer."""
        self._counter = (self._counter + 1) % (1 << 8 * self._suite.block)
        if ins is not None:
            self._is_odd = bool(ins & 1)

    @property
    def _ssc(self) -> bytes:
        return self._counter.to_bytes(self._suite.block, "big")

    @property
    def _cryptogram_tag(self) -> int:
        return CRYPTOGRAM_ODD if self._is_odd else CRYPTOGRAM

    def _header(self, command: Command) -> bytes:
        header = bytes((command.cla, command.ins, command.p1, command.p2))
        return pad(header, self._suite.block)

    def _mac_field(self, data: bytes, header: bytes = b"") -> bytes:
        return tlv.build(MAC, self._suite.checksum(self._ssc + header + data))

    def _checked_fields(self, data: bytes, header: bytes) -> dict[int, bytes]:
        """The fields before the checksum, once it is known to be right.

        Raises:
            MessagingBroken: no checksum at the end, a wrong one, or fields that are none.
        """
        body, found = data[:-MAC_FIELD], data[-MAC_FIELD:]
        if len(found) != MAC_FIELD or found[:2] != bytes((MAC, CHECKSUM)):
            raise MessagingBroken("no checksum", StatusWord.PROTECTION_MISSING)
        if not hmac.compare_digest(self._mac_field(body, header), found):
            raise MessagingBroken("a wrong checksum")
        try:
            return tlv.by_tag(body)
        except tlv.MalformedTlv as error:
            raise MessagingBroken(str(error)) from error

    def _encrypt(self, data: bytes) -> bytes:
        if not data:
            return b""
        indicator = b"" if self._is_odd else PADDING_METHOD_2
        encrypted = self._suite.encrypt(pad(data, self._suite.block), self._ssc)
        return tlv.build(self._cryptogram_tag, indicator + encrypted)

    def _decrypt(self, value: bytes) -> bytes:
        indicator = b"" if self._is_odd else PADDING_METHOD_2
        encrypted = value.removeprefix(indicator)
        if not value.startswith(indicator) or not encrypted or len(encrypted) % self._suite.block:
            raise MessagingBroken("another padding than agreed, or no whole blocks")
        try:
            return unpad(self._suite.decrypt(encrypted, self._ssc))
        except BadPadding as error:
            raise MessagingBroken(str(error)) from error

    def _room(self, size: int) -> int:
        """How much data a protected answer of so many bytes can hold: 223 of 256 with AES."""
        blocks = (size - ANSWER_FRAME - CRYPTOGRAM_FRAME) // self._suite.block
        return max(0, blocks * self._suite.block - 1)


def _build_wanted(answer_size: int) -> bytes:
    if not answer_size:
        return b""
    if answer_size <= SHORT_ANSWER:
        return tlv.build(WANTED, bytes((answer_size % SHORT_ANSWER,)))
    return tlv.build(WANTED, (answer_size % EXTENDED_ANSWER).to_bytes(2, "big"))


def _read_wanted(value: bytes | None) -> int:
    if value is None:
        return 0
    if len(value) not in {1, 2}:
        raise MessagingBroken("a wanted length of neither one byte nor two")
    most = SHORT_ANSWER if len(value) == 1 else EXTENDED_ANSWER
    return int.from_bytes(value, "big") or most
