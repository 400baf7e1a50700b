"""Faults of the certificate: what a card shows instead of its own, with the key that belongs to it.

In the order in which the provider looks: form, key, profile, subject, time, chain.
"""

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding

from chipcard_sim.faults import forgeries
from chipcard_sim.faults.fault import Before, Fault, Group, Play, requirement
from chipcard_sim.faults.forgery import Key, extensions_of, forge, new_key, rewrite
from chipcard_sim.faults.genuine import (
    Ask,
    certificate_of,
    genuine_answer,
    halves,
    octets,
    sign_on_card,
    signed,
    soft_token,
    text,
    token,
)
from chipcard_sim.iso7816.transport import Transport
from chipcard_sim.terminal.piv import (
    AUTHENTICATION_SLOT,
    CARD_AUTHENTICATION_SLOT,
    KEY_MANAGEMENT_SLOT,
    SIGNATURE_SLOT,
)

Make = Callable[[x509.Certificate, Key], bytes]
WITHOUT_PIN = {CARD_AUTHENTICATION_SLOT}


def _forged(make: Make, curve: ec.EllipticCurve | None = None) -> Play:
    """Show a forged certificate, and sign with its key."""

    def play(card: Transport, ask: Ask) -> str:
        key = ec.generate_private_key(curve) if curve else new_key()
        return json.dumps(soft_token(ask, make(certificate_of(card), key), key))

    return play


def _with_slot(slot: int, card: Transport, ask: Ask) -> str:
    """Sign with another key of the card; its certificate is genuine."""
    message = signed(ask.origin.encode(), ask.nonce.encode())
    return json.dumps(sign_on_card(card, slot, message, None if slot in WITHOUT_PIN else ask.pin))


def _agreement_certificate(card: Transport, ask: Ask) -> str:
    """The key of slot 9D cannot sign: 9A does, beside its genuine certificate."""
    shown = certificate_of(card, KEY_MANAGEMENT_SLOT).public_bytes(Encoding.DER)
    return json.dumps(token(card, ask) | {"unverifiedCertificate": text(shown)})


def _issued_by_the_card(card: Transport, ask: Ask) -> str:
    """The card's key of slot 9A issues a certificate, as if its own were an authority's."""
    genuine, key = certificate_of(card), new_key()
    own = genuine.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    parent = x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(own)
    extensions = extensions_of(genuine, key, parent)
    blank = forge(genuine, key, issuer=genuine.subject, extensions=extensions)

    def sign(body: bytes) -> bytes:
        members = sign_on_card(card, AUTHENTICATION_SLOT, body, ask.pin)
        r, s, _ = halves(members)
        return encode_dss_signature(r, s)

    return json.dumps(soft_token(ask, rewrite(blank, tuple, sign), key))


def _trailing(card: Transport, ask: Ask) -> str:
    """The genuine certificate, and one byte behind it."""
    members = token(card, ask)
    shown = octets(members["unverifiedCertificate"]) + b"\0"
    return json.dumps(members | {"unverifiedCertificate": text(shown)})


def _row(  # noqa: PLR0917 - a row of the table
    name: str, reason: str, clause: int, english: str, vietnamese: str, act: Play
) -> Fault:
    """A certificate that leads nowhere; `reason` says why."""
    return Fault(
        name=name,
        group=Group.CERTIFICATE,
        english=english,
        vietnamese=vietnamese,
        code="certificate_untrusted",
        reason=reason,
        clause=requirement(clause),
        act=act,
    )


def _out_of_time(name: str, reason: str, english: str, vietnamese: str, make: Make) -> Fault:
    row = _row(name, reason, 23, english, vietnamese, _forged(make))
    return replace(row, code="certificate_expired")


ROWS = (
    _row(
        "trailing-certificate-byte",
        "malformed",
        40,
        "The genuine certificate has one byte behind its end.",
        "Chứng thư thật nhưng có thêm một byte ở cuối.",
        _trailing,
    ),
    _row(
        "version-1-certificate",
        "malformed",
        24,
        "The certificate is of version 1: it has no extensions, so nothing says what it is for.",
        "Chứng thư phiên bản 1: không có phần mở rộng nên không nói dùng để làm gì.",
        _forged(forgeries.first_version),
    ),
    _row(
        "doubled-extension",
        "malformed",
        24,
        "An extension of the certificate stands there twice.",
        "Một phần mở rộng của chứng thư xuất hiện hai lần.",
        _forged(forgeries.doubled_extension),
    ),
    _row(
        "negative-serial-number",
        "malformed",
        24,
        "The certificate's own serial number is negative.",
        "Số sê-ri của chứng thư là số âm.",
        _forged(forgeries.negative_serial),
    ),
    _row(
        "oversized-certificate",
        "too_large",
        40,
        "The certificate is stuffed to more than 4096 bytes.",
        "Chứng thư bị nhồi dài hơn 4096 byte.",
        _forged(forgeries.too_large),
    ),
    _row(
        "point-off-the-curve",
        "weak_key",
        12,
        "The public key is a point that is not on its curve.",
        "Khóa công khai là một điểm không nằm trên đường cong.",
        _forged(forgeries.off_the_curve),
    ),
    _row(
        "compressed-point",
        "weak_key",
        12,
        "The public key is written as a compressed point.",
        "Khóa công khai được viết ở dạng điểm nén.",
        _forged(forgeries.compressed_point),
    ),
    _row(
        "foreign-curve",
        "weak_key",
        11,
        "The key is on secp256k1, a curve that no card of ours has.",
        "Khóa nằm trên secp256k1, đường cong mà thẻ của chúng ta không dùng.",
        _forged(forge, ec.SECP256K1()),
    ),
    _row(
        "wrong-eku",
        "wrong_purpose",
        21,
        "The certificate is for web servers, not for signing in.",
        "Chứng thư dành cho máy chủ web, không phải để đăng nhập.",
        _forged(forgeries.wrong_purpose),
    ),
    _row(
        "extra-eku",
        "wrong_purpose",
        21,
        "The certificate is for signing in, and for anything else as well.",
        "Chứng thư dùng để đăng nhập và cho mọi mục đích khác.",
        _forged(forgeries.any_purpose),
    ),
    _row(
        "no-eku",
        "wrong_purpose",
        21,
        "The certificate does not say what its key is for.",
        "Chứng thư không nói khóa được dùng để làm gì.",
        _forged(forgeries.no_purpose),
    ),
    _row(
        "signature-key",
        "wrong_purpose",
        21,
        "The card answers with its key for documents (9C), PIN and genuine certificate and all.",
        "Thẻ trả lời bằng khóa ký tài liệu (9C), có PIN và chứng thư thật.",
        partial(_with_slot, SIGNATURE_SLOT),
    ),
    _row(
        "presence-key",
        "wrong_purpose",
        21,
        "The card answers without any PIN, with its genuine key for doors (9E).",
        "Thẻ trả lời không cần PIN, bằng khóa mở cửa thật (9E).",
        partial(_with_slot, CARD_AUTHENTICATION_SLOT),
    ),
    _row(
        "agreement-certificate",
        "wrong_purpose",
        21,
        "The card shows its genuine certificate for key agreement (9D).",
        "Thẻ đưa ra chứng thư thật dùng để thỏa thuận khóa (9D).",
        _agreement_certificate,
    ),
    _row(
        "other-policy",
        "wrong_purpose",
        22,
        "The certificate was issued under another policy.",
        "Chứng thư được cấp theo một chính sách khác.",
        _forged(forgeries.other_policy),
    ),
    _row(
        "alternative-name",
        "wrong_purpose",
        25,
        "The certificate has an alternative name beside the holder's.",
        "Chứng thư có thêm một tên thay thế bên cạnh tên chủ thẻ.",
        _forged(forgeries.alternative_name),
    ),
    _row(
        "unknown-critical-extension",
        "wrong_purpose",
        24,
        "The certificate has a critical extension that nobody knows.",
        "Chứng thư có phần mở rộng trọng yếu mà không ai biết.",
        _forged(forgeries.unknown_critical),
    ),
    _row(
        "authority-certificate",
        "wrong_purpose",
        20,
        "The holder's certificate says that it is an authority.",
        "Chứng thư của chủ thẻ tự nhận là cơ quan cấp chứng thư.",
        _forged(forgeries.authority),
    ),
    _row(
        "two-serial-numbers",
        "bad_subject",
        27,
        "The subject has two serial numbers: the holder's, and one more.",
        "Tên chủ thể có hai số định danh: của chủ thẻ và một số nữa.",
        _forged(forgeries.two_numbers),
    ),
    _row(
        "two-numbers-in-one-part",
        "bad_subject",
        27,
        "The subject has two serial numbers in one part of the name.",
        "Hai số định danh nằm trong cùng một thành phần của tên.",
        _forged(forgeries.two_in_one_part),
    ),
    _row(
        "reordered-subject",
        "bad_subject",
        27,
        "The parts of the subject stand in another order than any card's.",
        "Các thành phần của tên đứng sai thứ tự so với mọi thẻ.",
        _forged(forgeries.reordered),
    ),
    _row(
        "other-prefix",
        "bad_subject",
        27,
        "The holder's number stands under the prefix of an identity card's.",
        "Số định danh của chủ thẻ mang tiền tố của số thẻ.",
        _forged(forgeries.other_prefix),
    ),
    _out_of_time(
        "expired-certificate",
        "expired",
        "The certificate is past its last day.",
        "Chứng thư đã hết hạn.",
        forgeries.expired,
    ),
    _out_of_time(
        "not-yet-valid",
        "not_yet_valid",
        "The certificate's first day is still to come.",
        "Chứng thư chưa đến ngày có hiệu lực.",
        forgeries.not_yet_valid,
    ),
    _row(
        "unknown-ca",
        "untrusted",
        20,
        "All of the certificate is right but its issuer: the name is the same, the key is not.",
        "Chứng thư đúng mọi mặt trừ nơi cấp: đúng tên nhưng sai khóa.",
        _forged(forge),
    ),
    _row(
        "self-signed",
        "untrusted",
        20,
        "The certificate is signed by its own key.",
        "Chứng thư được ký bằng chính khóa của nó.",
        _forged(forgeries.self_signed),
    ),
    _row(
        "card-as-authority",
        "untrusted",
        20,
        "The card's genuine key of slot 9A issued the certificate.",
        "Chứng thư do chính khóa thật 9A của thẻ cấp ra.",
        _issued_by_the_card,
    ),
    _row(
        "other-person",
        "untrusted",
        28,
        "A look-alike authority certifies the number of another person.",
        "Cơ quan giả danh chứng nhận số định danh của người khác.",
        _forged(forgeries.somebody_else),
    ),
    Fault(
        name="revoked",
        group=Group.CERTIFICATE,
        english="The card is a good one, and was revoked.",
        vietnamese="Thẻ hoàn toàn tốt nhưng đã bị thu hồi.",
        code="certificate_revoked",
        clause=requirement(30),
        before=Before.REVOKED,
        act=genuine_answer,
    ),
)
"""In the order in which the provider looks."""
