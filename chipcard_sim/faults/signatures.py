"""Faults of the signature and of the token around it. The certificate is the card's own."""

import json
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable
from functools import partial
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from chipcard_sim.faults.fault import Before, Fault, Group, Play, requirement
from chipcard_sim.faults.genuine import (
    Ask,
    Members,
    NeedsAccepted,
    halves,
    octets,
    sign_on_card,
    text,
    token,
)
from chipcard_sim.iso7816.transport import Transport
from chipcard_sim.terminal.piv import AUTHENTICATION_SLOT

ORDERS = {  # of the curves' generators (NIST SP 800-186, 3.2.1), by the size of r and s
    32: 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    48: int(
        "FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"
        "C7634D81F4372DDF581A0DB248B0A77AECEC196ACCC52973",
        16,
    ),
}
OTHER_SITE = "https://id.example"
OTHER_NONCE = text(bytes(32))  # of a challenge that is not this one
MORE_THAN_A_TOKEN = 10_000  # bytes
DEPTH = 4000  # brackets

Twist = Callable[[int, int, int], bytes]
Change = Callable[[Members], Members]


# What becomes of a good signature: r, s and how many bytes each has


def _as_der(r: int, s: int, _: int) -> bytes:
    return encode_dss_signature(r, s)


def _r_is_zero(_: int, s: int, size: int) -> bytes:
    return bytes(size) + s.to_bytes(size, "big")


def _s_is_zero(r: int, _: int, size: int) -> bytes:
    return r.to_bytes(size, "big") + bytes(size)


def _s_is_order(r: int, _: int, size: int) -> bytes:
    return r.to_bytes(size, "big") + ORDERS[size].to_bytes(size, "big")


def _r_is_order_and_one(_: int, __: int, size: int) -> bytes:
    """Taken modulo the order, r = s = 1: some verifiers have let it pass for anything."""
    return (ORDERS[size] + 1).to_bytes(size, "big") * 2


def _short(r: int, s: int, size: int) -> bytes:
    return (r.to_bytes(size, "big") + s.to_bytes(size, "big"))[:-1]


def _trailing(r: int, s: int, size: int) -> bytes:
    return r.to_bytes(size, "big") + s.to_bytes(size, "big") + b"\0"


def _padded(r: int, s: int, size: int) -> bytes:
    return r.to_bytes(size + 1, "big") + s.to_bytes(size + 1, "big")


def _flipped(r: int, s: int, size: int) -> bytes:
    return (r ^ 1).to_bytes(size, "big") + s.to_bytes(size, "big")


def _exchanged(r: int, s: int, size: int) -> bytes:
    return s.to_bytes(size, "big") + r.to_bytes(size, "big")


def _twisted(twist: Twist) -> Play:
    """A good signature, written another way."""

    def play(card: Transport, ask: Ask) -> str:
        members = token(card, ask)
        return json.dumps(members | {"signature": text(twist(*halves(members)))})

    return play


# What else can be signed


def _for_other_site(card: Transport, ask: Ask) -> str:
    return json.dumps(token(card, Ask(OTHER_SITE, ask.nonce, ask.pin)))


def _for_origin_with_slash(card: Transport, ask: Ask) -> str:
    return json.dumps(token(card, Ask(f"{ask.origin}/", ask.nonce, ask.pin)))


def _for_other_nonce(card: Transport, ask: Ask) -> str:
    return json.dumps(token(card, Ask(ask.origin, OTHER_NONCE, ask.pin)))


def _signs(message: Callable[[Ask], bytes]) -> Play:
    """The right key and the right PIN, over another message."""

    def play(card: Transport, ask: Ask) -> str:
        return json.dumps(sign_on_card(card, AUTHENTICATION_SLOT, message(ask), ask.pin))

    return play


def _nonce_first(ask: Ask) -> bytes:
    return sha256(ask.nonce.encode()).digest() + sha256(ask.origin.encode()).digest()


def _nonce_decoded(ask: Ask) -> bytes:
    return sha256(ask.origin.encode()).digest() + sha256(b64decode(ask.nonce)).digest()


def _nonce_alone(ask: Ask) -> bytes:
    return sha256(ask.nonce.encode()).digest()


def _not_hashed(ask: Ask) -> bytes:
    """Without the inner hashes, the border between origin and nonce is anywhere."""
    return ask.origin.encode() + ask.nonce.encode()


# What was used before


def _again(_: Transport, ask: Ask) -> str:
    if ask.accepted is None:
        raise NeedsAccepted
    return ask.accepted


def _twin(_: Transport, ask: Ask) -> str:
    """(r, n - s) is a signature wherever (r, s) is one."""
    if ask.accepted is None:
        raise NeedsAccepted
    members: Members = json.loads(ask.accepted)
    r, s, size = halves(members)
    signature = r.to_bytes(size, "big") + (ORDERS[size] - s).to_bytes(size, "big")
    return json.dumps(members | {"signature": text(signature)})


# How the token can be wrong


def _with(change: Change) -> Play:
    """A good answer in another shape."""
    return lambda card, ask: json.dumps(change(token(card, ask)))


def _claiming(algorithm: str, members: Members) -> Members:
    return members | {"algorithm": algorithm}


def _claiming_the_other(members: Members) -> Members:
    other = {"ES256": "ES384", "ES384": "ES256"}
    return members | {"algorithm": other[members["algorithm"]]}


def _url_safe(members: Members) -> Members:
    signature = urlsafe_b64encode(octets(members["signature"])).decode("ascii").rstrip("=")
    return members | {"signature": signature}


def _doubled(card: Transport, ask: Ask) -> str:
    whole = json.dumps(token(card, ask))
    return f'{whole[:-1]}, "algorithm": "ES256"}}'


def _nested(card: Transport, ask: Ask) -> str:
    whole = json.dumps(token(card, ask))
    return f'{whole[:-1]}, "more": {"[" * DEPTH}{"]" * DEPTH}}}'


def _row(  # noqa: PLR0917 - a row of the table
    name: str, code: str, clause: int, english: str, vietnamese: str, act: Play
) -> Fault:
    return Fault(
        name=name,
        group=Group.SIGNATURE,
        english=english,
        vietnamese=vietnamese,
        code=code,
        clause=requirement(clause),
        act=act,
    )


def _wrong(name: str, clause: int, english: str, vietnamese: str, act: Play) -> Fault:
    return _row(name, "signature_wrong", clause, english, vietnamese, act)


def _bad(name: str, clause: int, english: str, vietnamese: str, act: Play) -> Fault:
    return _row(name, "bad_card_answer", clause, english, vietnamese, act)


ROWS = (
    _wrong(
        "der-signature",
        13,
        "The signature is written in DER, not as r and s side by side.",
        "Chữ ký được viết ở dạng DER thay vì r và s nối nhau.",
        _twisted(_as_der),
    ),
    _wrong("zero-r", 13, "The number r is zero.", "Số r bằng không.", _twisted(_r_is_zero)),
    _wrong("zero-s", 13, "The number s is zero.", "Số s bằng không.", _twisted(_s_is_zero)),
    _wrong(
        "s-out-of-range",
        13,
        "The number s is as large as the order of the curve.",
        "Số s bằng đúng bậc của đường cong.",
        _twisted(_s_is_order),
    ),
    _wrong(
        "both-out-of-range",
        13,
        "Both numbers are the order of the curve and one.",
        "Cả hai số đều bằng bậc của đường cong cộng một.",
        _twisted(_r_is_order_and_one),
    ),
    _wrong(
        "short-signature",
        13,
        "The last byte of the signature is missing.",
        "Chữ ký thiếu byte cuối.",
        _twisted(_short),
    ),
    _wrong(
        "trailing-byte",
        13,
        "The signature has one byte behind its end.",
        "Chữ ký thừa một byte ở cuối.",
        _twisted(_trailing),
    ),
    _wrong(
        "padded-numbers",
        13,
        "Both numbers have a zero byte before them.",
        "Cả hai số đều có thêm một byte không ở đầu.",
        _twisted(_padded),
    ),
    _wrong(
        "flipped-bit",
        13,
        "One bit of the signature is another.",
        "Một bit của chữ ký bị đổi.",
        _twisted(_flipped),
    ),
    _wrong(
        "exchanged-numbers",
        13,
        "The numbers r and s stand in each other's place.",
        "Hai số r và s bị đổi chỗ cho nhau.",
        _twisted(_exchanged),
    ),
    _wrong(
        "wrong-origin",
        54,
        "The answer was given to another site, which hands it on.",
        "Câu trả lời dành cho một trang khác và bị chuyển tiếp.",
        _for_other_site,
    ),
    _wrong(
        "origin-with-slash",
        4,
        "The origin was signed with a slash behind it.",
        "Địa chỉ nguồn được ký kèm dấu gạch chéo ở cuối.",
        _for_origin_with_slash,
    ),
    _wrong(
        "stale-nonce",
        2,
        "Another challenge than this one was signed.",
        "Thẻ ký một thử thách khác, không phải thử thách này.",
        _for_other_nonce,
    ),
    _wrong(
        "nonce-before-origin",
        4,
        "Challenge and origin were signed in the wrong order.",
        "Thử thách và địa chỉ nguồn được ký sai thứ tự.",
        _signs(_nonce_first),
    ),
    _wrong(
        "decoded-nonce",
        2,
        "The challenge was decoded before it was signed.",
        "Thử thách bị giải mã trước khi ký.",
        _signs(_nonce_decoded),
    ),
    _wrong(
        "no-origin",
        54,
        "The challenge was signed alone, without any origin.",
        "Chỉ thử thách được ký, không có địa chỉ nguồn.",
        _signs(_nonce_alone),
    ),
    _wrong(
        "no-inner-hash",
        5,
        "Origin and challenge were signed as one text, without a border between them.",
        "Địa chỉ nguồn và thử thách được ký như một chuỗi liền, không có ranh giới.",
        _signs(_not_hashed),
    ),
    _wrong(
        "other-algorithm",
        10,
        "The token claims the algorithm of the other curve.",
        "Câu trả lời nhận là dùng thuật toán của đường cong kia.",
        _with(_claiming_the_other),
    ),
    _bad(
        "algorithm-none",
        10,
        "The token claims that it needs no signature.",
        "Câu trả lời tuyên bố không cần chữ ký.",
        _with(lambda members: _claiming("none", members) | {"signature": ""}),
    ),
    _bad(
        "algorithm-rsa",
        10,
        "The token claims an algorithm that no card of ours has.",
        "Câu trả lời nhận một thuật toán mà thẻ của chúng ta không có.",
        _with(partial(_claiming, "RS256")),
    ),
    _bad(
        "doubled-member",
        6,
        "A member of the token stands there twice.",
        "Một thành phần của câu trả lời xuất hiện hai lần.",
        _doubled,
    ),
    _bad(
        "missing-member",
        6,
        "The token does not say its algorithm.",
        "Câu trả lời không nêu thuật toán.",
        _with(lambda members: {k: v for k, v in members.items() if k != "algorithm"}),
    ),
    _bad(
        "unknown-member",
        6,
        "The token has a member that nobody asked for.",
        "Câu trả lời có thành phần không ai yêu cầu.",
        _with(lambda members: members | {"origin": OTHER_SITE}),
    ),
    _bad(
        "number-for-text",
        6,
        "A member of the token is a number where text is due.",
        "Một thành phần là số ở chỗ phải là văn bản.",
        _with(lambda members: members | {"signature": 1}),
    ),
    _bad(
        "other-format",
        6,
        "The token is of a version that is not spoken here.",
        "Câu trả lời thuộc một phiên bản không được hỗ trợ.",
        _with(lambda members: members | {"format": "web-eid:1.1"}),
    ),
    _bad(
        "url-safe-base64",
        6,
        "The signature is written in the other base64, without padding.",
        "Chữ ký được viết bằng kiểu base64 khác, không có phần đệm.",
        _with(_url_safe),
    ),
    _bad(
        "nested-token",
        6,
        "A member of the token is thousands of brackets deep.",
        "Một thành phần lồng nhau hàng nghìn lớp ngoặc.",
        _nested,
    ),
    _bad(
        "oversized-token",
        6,
        "The token is longer than any token.",
        "Câu trả lời dài hơn mức cho phép.",
        _with(lambda members: members | {"appVersion": "x" * MORE_THAN_A_TOKEN}),
    ),
    Fault(
        name="replayed-answer",
        group=Group.SIGNATURE,
        english="An answer that was accepted is sent once more.",
        vietnamese="Một câu trả lời đã được chấp nhận bị gửi lại lần nữa.",
        code="challenge_spent",
        clause=requirement(1),
        before=Before.ACCEPTED,
        act=_again,
    ),
    Fault(
        name="high-s-twin",
        group=Group.SIGNATURE,
        english="The twin of an accepted signature, which is as valid, is sent as if it were new.",
        vietnamese="Chữ ký song sinh của chữ ký đã chấp nhận bị gửi như chữ ký mới.",
        code="challenge_spent",
        clause=requirement(14),
        before=Before.ACCEPTED,
        act=_twin,
    ),
)
