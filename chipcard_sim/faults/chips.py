"""Faults of the chip: it goes away, is slow, answers too much, too little or nonsense, or lies."""

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from time import sleep

from chipcard_sim.faults.fault import Fault, Group, Method, Play, RefusedBy, Wrap, requirement
from chipcard_sim.faults.genuine import Ask, genuine_answer
from chipcard_sim.iso7816.apdu import (
    EXTENDED_ANSWER,
    SHORT_ANSWER,
    Command,
    MalformedApdu,
    Response,
)
from chipcard_sim.iso7816.instruction import Instruction
from chipcard_sim.iso7816.status import StatusWord
from chipcard_sim.iso7816.transport import Transport, TransportLost
from chipcard_sim.terminal.connection import PATIENCE
from chipcard_sim.terminal.piv import CERTIFICATES, SIGNATURE_SLOT

Answer = Callable[[Transport, Command], bytes]
OK = StatusWord.OK.to_bytes(2, "big")
ENDLESS = 0x6100
TRY_AGAIN = 0x6C10
NO_STATUS_OF_OURS = 0x91AF
TOO_SLOW = PATIENCE + 1
PROTECTED = 0x0C  # of the class byte: under secure messaging (ISO/IEC 7816-4, 5.4.1)
PIECES = 4  # of a file, until the card is pulled


class Interposed:
    """A card of which some commands are answered by somebody else."""

    def __init__(self, card: Transport, instruction: int | None, answer: Answer) -> None:
        self._card = card
        self._instruction = instruction
        self._answer = answer

    def transmit(self, command: bytes) -> bytes:
        """Answer one command."""
        try:
            read = Command.read(command)
        except MalformedApdu:
            return self._card.transmit(command)
        if self._instruction is None or read.ins == self._instruction:
            return self._answer(self._card, read)
        return self._card.transmit(command)


def _wrapped(answer: Answer, instruction: int | None = None) -> Wrap:
    """A card that answers one instruction, or all of them, in its own way."""
    return lambda card: Interposed(card, instruction, answer)


def _says(status: int, data: bytes = b"") -> Answer:
    return lambda _, __: Response(data, status).build()


def _says_raw(answer: bytes) -> Answer:
    return lambda _, __: answer


def _gone(_: Transport, __: Command) -> bytes:
    raise TransportLost("the card was pulled")


def _slow(card: Transport, command: Command) -> bytes:
    sleep(TOO_SLOW)
    return card.transmit(command.build())


def _noise(_: Transport, command: Command) -> bytes:
    """Bytes without any meaning, the same each time."""
    return sha256(command.build()).digest()[: 3 + command.ins % 29]


def _blocked(card: Transport, command: Command) -> bytes:
    """The counter of the real card is left alone."""
    return _says(StatusWord.BLOCKED)(card, command)


def _cut(card: Transport, command: Command) -> bytes:
    """All of an answer but the end, and well ended all the same."""
    answer = Response.read(card.transmit(command.build()))
    return Response(answer.data[:-8], answer.status).build()


def _signs_another(card: Transport, command: Command) -> bytes:
    changed = command.data[:-1] + bytes((command.data[-1] ^ 1,))
    return card.transmit(replace(command, data=changed).build())


def _shows_another(card: Transport, command: Command) -> bytes:
    tag = CERTIFICATES[SIGNATURE_SLOT].to_bytes(3, "big")
    return card.transmit(replace(command, data=command.data[:-3] + tag).build())


def _alters(card: Transport, command: Command) -> bytes:
    """Whoever sits between reader and chip changes a byte of what is sealed."""
    answer = card.transmit(command.build())
    if not command.cla & PROTECTED:
        return answer
    return answer[:4] + bytes((answer[4] ^ 1,)) + answer[5:]


def _unseals(card: Transport, command: Command) -> bytes:
    """Whoever sits between answers a sealed command in the clear."""
    if not command.cla & PROTECTED:
        return card.transmit(command.build())
    return bytes(command.answer_size % SHORT_ANSWER) + OK


def _forgets(card: Transport, command: Command) -> bytes:
    if not command.cla & PROTECTED:
        return card.transmit(command.build())
    return _says(StatusWord.REFERENCE_NOT_FOUND)(card, command)


def _hides_access(card: Transport, command: Command) -> bytes:
    """EF.CardAccess is read before anything is sealed: hide it, and PACE seems not to be there."""
    if command.cla & PROTECTED:
        return card.transmit(command.build())
    return _says(StatusWord.NOT_FOUND)(card, command)


class _PulledWhileRead:
    """A card that is pulled in the middle of its files."""

    def __init__(self, card: Transport) -> None:
        self._card = card
        self._left = PIECES

    def transmit(self, command: bytes) -> bytes:
        """Answer a few more times."""
        if command[1] == Instruction.READ_BINARY and command[0] & PROTECTED:
            self._left -= 1
        if self._left < 0:
            raise TransportLost("the card was pulled")
        return self._card.transmit(command)


def _wrong_pin(card: Transport, ask: Ask) -> str:
    pin = f"{(int(ask.pin) + 1) % 10 ** len(ask.pin):0{len(ask.pin)}}"
    return genuine_answer(card, Ask(ask.origin, ask.nonce, pin=pin))


def _wrong_can(card: Transport, ask: Ask) -> str:
    can = f"{(int(ask.can) + 1) % 10**6:06}"
    return genuine_answer(card, Ask(ask.origin, ask.nonce, can=can), is_read=True)


def _row(  # noqa: PLR0917 - a row of the table
    name: str,
    clause: int,
    english: str,
    vietnamese: str,
    wrap: Wrap | None = None,
    method: Method = Method.CARD_SIGNATURE,
    code: str = "card_unfit",
    act: Play | None = None,
) -> Fault:
    return Fault(
        name=name,
        group=Group.CHIP,
        english=english,
        vietnamese=vietnamese,
        code=code,
        clause=requirement(clause),
        method=method,
        refused_by=RefusedBy.READER,
        wrap=wrap,
        act=act,
    )


ROWS = (
    _row(
        "wrong-pin",
        52,
        "A wrong PIN is shown to the card: it costs a try, and the card says how many are left.",
        "PIN sai được đưa vào thẻ: mất một lượt thử, và thẻ báo còn bao nhiêu lượt.",
        code="pin_wrong",
        act=_wrong_pin,
    ),
    _row(
        "pin-blocked",
        52,
        "The card says that its PIN is blocked.",
        "Thẻ báo PIN đã bị khóa.",
        _wrapped(_blocked, Instruction.VERIFY),
        code="pin_blocked",
    ),
    _row(
        "wrong-can",
        52,
        "A card access number is tried that is not the card's.",
        "Số CAN được thử không phải của thẻ này.",
        method=Method.CARD_CHIP,
        code="can_wrong",
        act=_wrong_can,
    ),
    _row("no-card", 43, "There is no card.", "Không có thẻ.", _wrapped(_gone)),
    _row(
        "pulled-card",
        43,
        "The card is pulled after the PIN was shown, when it should sign.",
        "Thẻ bị rút ra sau khi nhập PIN, đúng lúc phải ký.",
        _wrapped(_gone, Instruction.GENERAL_AUTHENTICATE),
    ),
    _row(
        "pulled-while-read",
        43,
        "The card is pulled in the middle of its files.",
        "Thẻ bị rút ra khi đang đọc dở các tệp.",
        _PulledWhileRead,
        Method.CARD_CHIP,
    ),
    _row(
        "slow-card",
        43,
        "The card takes longer for its signature than a reader waits.",
        "Thẻ ký lâu hơn thời gian đầu đọc chờ.",
        _wrapped(_slow, Instruction.GENERAL_AUTHENTICATE),
    ),
    _row(
        "mute-card",
        42,
        "The card answers nothing.",
        "Thẻ không trả lời gì.",
        _wrapped(_says_raw(b"")),
    ),
    _row(
        "half-status-word",
        42,
        "The card answers one byte, which is no status word.",
        "Thẻ trả lời một byte, chưa đủ một từ trạng thái.",
        _wrapped(_says_raw(OK[:1])),
    ),
    _row(
        "no-application",
        42,
        "The card has no application that signs in.",
        "Thẻ không có ứng dụng để đăng nhập.",
        _wrapped(_says(StatusWord.NOT_FOUND), Instruction.SELECT),
    ),
    _row(
        "truncated-certificate",
        41,
        "The certificate ends before its end.",
        "Chứng thư bị cắt trước khi hết.",
        _wrapped(_cut, Instruction.GET_RESPONSE),
    ),
    _row(
        "truncated-signature",
        41,
        "The signature ends before its end.",
        "Chữ ký bị cắt trước khi hết.",
        _wrapped(_cut, Instruction.GENERAL_AUTHENTICATE),
    ),
    _row(
        "more-than-asked",
        42,
        "The card answers more bytes than it was asked for.",
        "Thẻ trả lời nhiều byte hơn được yêu cầu.",
        _wrapped(_says_raw(bytes(SHORT_ANSWER + 1) + OK), Instruction.GET_DATA),
    ),
    _row(
        "oversized-answer",
        42,
        "The card answers more than 65,536 bytes at once.",
        "Thẻ trả lời hơn 65.536 byte trong một lần.",
        _wrapped(_says_raw(bytes(EXTENDED_ANSWER + 1) + OK), Instruction.GET_DATA),
    ),
    _row(
        "endless-data",
        42,
        "The card has 256 more bytes, always.",
        "Thẻ luôn luôn còn 256 byte nữa.",
        _wrapped(_says(ENDLESS, bytes(SHORT_ANSWER)), Instruction.GET_RESPONSE),
    ),
    _row(
        "endless-61xx",
        42,
        "The card says that more waits, always, and never gives any.",
        "Thẻ luôn báo còn dữ liệu nhưng không bao giờ đưa ra.",
        _wrapped(_says(ENDLESS), Instruction.GET_RESPONSE),
    ),
    _row(
        "endless-6cxx",
        42,
        "The card wants to be asked for another length, always.",
        "Thẻ luôn đòi được hỏi lại với độ dài khác.",
        _wrapped(_says(TRY_AGAIN), Instruction.GET_DATA),
    ),
    _row(
        "data-beside-error",
        42,
        "The card refuses, and answers data all the same.",
        "Thẻ từ chối nhưng vẫn trả về dữ liệu.",
        _wrapped(_says(StatusWord.NOT_FOUND, bytes(8)), Instruction.GET_DATA),
    ),
    _row(
        "wrong-status-word",
        42,
        "The card ends the signature with a status word that says nothing.",
        "Thẻ kết thúc phép ký bằng một từ trạng thái vô nghĩa.",
        _wrapped(_says(NO_STATUS_OF_OURS), Instruction.GENERAL_AUTHENTICATE),
    ),
    _row(
        "success-without-signature",
        42,
        "The card says that it has signed, and shows no signature.",
        "Thẻ báo đã ký nhưng không đưa ra chữ ký.",
        _wrapped(_says(StatusWord.OK), Instruction.GENERAL_AUTHENTICATE),
    ),
    _row(
        "forgotten-pin",
        42,
        "The card has forgotten, when it should sign, that the PIN was shown.",
        "Đến lúc ký, thẻ đã quên rằng PIN vừa được nhập.",
        _wrapped(_says(StatusWord.SECURITY_STATUS_NOT_SATISFIED), Instruction.GENERAL_AUTHENTICATE),
    ),
    _row(
        "random-bytes",
        44,
        "The card answers bytes without any meaning.",
        "Thẻ trả lời những byte vô nghĩa.",
        _wrapped(_noise),
    ),
    _row(
        "random-certificate",
        44,
        "What the card shows as its certificate are bytes without any meaning.",
        "Thứ thẻ đưa ra làm chứng thư là những byte vô nghĩa.",
        _wrapped(
            _says(StatusWord.OK, bytes.fromhex("530A 7005 A5A5A5A5A5 7101 00")),
            Instruction.GET_DATA,
        ),
    ),
    _row(
        "clone-without-key",
        43,
        "A copy of the chip's files; there is no key with which it could answer.",
        "Bản sao các tệp của chip; không có khóa để trả lời.",
        _wrapped(_forgets, Instruction.INTERNAL_AUTHENTICATE),
        Method.CARD_CHIP,
    ),
    _row(
        "altered-on-the-way",
        42,
        "Somebody between reader and chip changes a byte of a sealed answer.",
        "Kẻ đứng giữa đầu đọc và chip đổi một byte của câu trả lời đã niêm phong.",
        _wrapped(_alters, Instruction.READ_BINARY),
        Method.CARD_CHIP,
    ),
    _row(
        "protection-dropped",
        42,
        "Somebody between reader and chip answers a sealed command in the clear.",
        "Kẻ đứng giữa đầu đọc và chip trả lời lệnh đã niêm phong bằng dữ liệu trần.",
        _wrapped(_unseals, Instruction.READ_BINARY),
        Method.CARD_CHIP,
    ),
    _row(
        "hidden-offers",
        42,
        "Somebody hides that the chip offers PACE, so that the weaker way would be taken.",
        "Kẻ đứng giữa giấu việc chip có PACE để đầu đọc dùng cách yếu hơn.",
        _wrapped(_hides_access, Instruction.READ_BINARY),
        Method.CARD_CHIP,
    ),
    Fault(
        name="signs-another-hash",
        group=Group.CHIP,
        english="The chip signs another hash than it was given.",
        vietnamese="Chip ký một giá trị băm khác với giá trị được giao.",
        code="signature_wrong",
        clause=requirement(5),
        wrap=_wrapped(_signs_another, Instruction.GENERAL_AUTHENTICATE),
    ),
    Fault(
        name="shows-another-certificate",
        group=Group.CHIP,
        english="Asked for one certificate, the chip shows the other, which is for documents (9C).",
        vietnamese="Chip đưa chứng thư ký tài liệu (9C) ở chỗ được hỏi chứng thư kia.",
        code="certificate_untrusted",
        reason="wrong_purpose",
        clause=requirement(21),
        wrap=_wrapped(_shows_another, Instruction.GET_DATA),
    ),
)
