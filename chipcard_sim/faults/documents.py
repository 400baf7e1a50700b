"""Faults of the document: what a chip reading holds that no state signed, or no chip answered."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID

from chipcard_sim.faults.containers import (
    SECURITY_OBJECT,
    SIGNATURE,
    Container,
    open_container,
    resign,
    without_group,
)
from chipcard_sim.faults.fault import Fault, Group, Method, Play, requirement
from chipcard_sim.faults.forgery import Key, forge, new_key, signing
from chipcard_sim.faults.genuine import Ask, Members, octets, reading, soft_signature, text
from chipcard_sim.faults.signatures import OTHER_NONCE, OTHER_SITE
from chipcard_sim.iso7816 import tlv
from chipcard_sim.iso7816.transport import Transport
from chipcard_sim.terminal.chip_reading import MOST_BYTES, chip_challenge
from chipcard_sim.terminal.piv import CARD_AUTHENTICATION_SLOT, PivClient

DAY = timedelta(days=1)
ELSEWHERE = "UT"  # Utopia, of ICAO's specimens
ACTIVE_KEY = 0x6F  # the tag of DG15
ZONE, STATE_DATA, FACE = "1", "13", "2"
SIGNED = "ICAO 9303-11, 5.1"
NO_COPY = "ICAO 9303-11, 6.1"
SIGNERS = "ICAO 9303-12, 7.1"

Change = Callable[[Members], Members]


# What becomes of a good reading


def _changed(change: Change) -> Play:
    return lambda card, ask: json.dumps(change(reading(card, ask)))


def _with_group(members: Members, number: str, file: bytes) -> Members:
    return members | {"dataGroups": members["dataGroups"] | {number: text(file)}}


def _altered(number: str) -> Change:
    """Its last byte is another: of DG1 that is in the holder's name."""

    def change(members: Members) -> Members:
        file = octets(members["dataGroups"][number])
        return _with_group(members, number, file[:-1] + bytes((file[-1] ^ 1,)))

    return change


def _recontained(change: Callable[[Container], Container]) -> Change:
    """Take EF.SOD apart, change it, and put it together."""

    def apply(members: Members) -> Members:
        container = open_container(octets(members["securityObject"]))
        return members | {"securityObject": text(change(container).build())}

    return apply


def _broken(container: Container) -> Container:
    """Another last byte of the signature: the number s is another."""
    signature = container.signer[SIGNATURE]
    changed = signature[:-1] + bytes((signature[-1] ^ 1,))
    return replace(container, signer=(*container.signer[:SIGNATURE], changed))


def _unlisted(container: Container) -> Container:
    return without_group(container, int(ZONE))


def _signed_by(make: Callable[[x509.Certificate, Key], bytes]) -> Change:
    """Let a look-alike of the document signer sign."""

    def change(container: Container) -> Container:
        genuine, key = x509.load_der_x509_certificate(container.certificates), new_key()
        return resign(container, make(genuine, key), signing(key))

    return _recontained(change)


def _expired(genuine: x509.Certificate, key: Key) -> bytes:
    begin = genuine.not_valid_before_utc
    return forge(genuine, key, validity=(begin - 2 * DAY, begin - DAY))


def _elsewhere(genuine: x509.Certificate, key: Key) -> bytes:
    subject, issuer = _of_elsewhere(genuine.subject), _of_elsewhere(genuine.issuer)
    return forge(genuine, key, subject=subject, issuer=issuer)


def _mixed(genuine: x509.Certificate, key: Key) -> bytes:
    return forge(genuine, key, subject=_of_elsewhere(genuine.subject))


def _of_elsewhere(name: x509.Name) -> x509.Name:
    country = x509.NameAttribute(NameOID.COUNTRY_NAME, ELSEWHERE)
    return x509.Name([country if one.oid == country.oid else one for one in name])


def _signed_by_the_card(card: Transport, ask: Ask) -> str:
    """The card's own key of slot 9E signs: its certificate leads to the same root."""
    members, client = reading(card, ask), PivClient(card)
    client.select()
    certificate = client.certificate(CARD_AUTHENTICATION_SLOT)

    def change(container: Container) -> Container:
        return resign(container, certificate, sign)

    def sign(attributes: bytes) -> bytes:
        return client.sign(CARD_AUTHENTICATION_SLOT, sha256(attributes).digest())

    return json.dumps(_recontained(change)(members))


# What answers in the place of the chip


def _copy(card: Transport, ask: Ask) -> str:
    """All files, and a key that none of them names."""
    signature = soft_signature(new_key(), chip_challenge(ask.origin, ask.nonce))
    return json.dumps(reading(card, ask) | {"activeAuthentication": text(signature)})


def _copy_with_own_key(card: Transport, ask: Ask) -> str:
    """All files but DG15, which names the copy's own key."""
    key = new_key()
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    members = _with_group(reading(card, ask), "15", tlv.build(ACTIVE_KEY, public))
    signature = soft_signature(key, chip_challenge(ask.origin, ask.nonce))
    return json.dumps(members | {"activeAuthentication": text(signature)})


def _of_before(card: Transport, ask: Ask) -> str:
    return json.dumps(reading(card, replace(ask, nonce=OTHER_NONCE)))


def _of_elsewhere_read(card: Transport, ask: Ask) -> str:
    return json.dumps(reading(card, replace(ask, origin=OTHER_SITE)))


def _short(members: Members) -> Members:
    signature = octets(members["activeAuthentication"])
    return members | {"activeAuthentication": text(signature[:-1])}


# What is no reading


def _doubled(card: Transport, ask: Ask) -> str:
    whole = json.dumps(reading(card, ask))
    return whole.replace('"dataGroups": {', '"dataGroups": {"1": "YQE=", ')


def _with_trailing_byte(members: Members) -> Members:
    return members | {"securityObject": text(octets(members["securityObject"]) + b"\0")}


def _with_empty_object(members: Members) -> Members:
    empty = tlv.build(SECURITY_OBJECT, b"")
    return members | {"securityObject": text(empty)}


def _row(  # noqa: PLR0917 - a row of the table
    name: str, code: str, clause: str, english: str, vietnamese: str, act: Play, reason: str = ""
) -> Fault:
    return Fault(
        name=name,
        group=Group.DOCUMENT,
        english=english,
        vietnamese=vietnamese,
        code=code,
        reason=reason,
        clause=clause,
        method=Method.CARD_CHIP,
        act=act,
    )


def _untrusted(name: str, reason: str, english: str, vietnamese: str, act: Play) -> Fault:
    return _row(name, "document_untrusted", SIGNERS, english, vietnamese, act, reason)


ROWS = (
    _row(
        "doubled-data-group",
        "bad_card_answer",
        requirement(6),
        "A data group stands in the reading twice.",
        "Một nhóm dữ liệu xuất hiện hai lần trong bản đọc.",
        _doubled,
    ),
    _row(
        "face-sent",
        "bad_card_answer",
        requirement(6),
        "The reading brings the holder's face, for which nobody asked.",
        "Bản đọc gửi kèm ảnh khuôn mặt mà không ai yêu cầu.",
        _changed(lambda members: _with_group(members, FACE, b"\x75\x00")),
    ),
    _row(
        "oversized-reading",
        "bad_card_answer",
        requirement(6),
        "The reading is longer than any reading.",
        "Bản đọc dài hơn mức cho phép.",
        _changed(lambda members: members | {"appVersion": "x" * MOST_BYTES}),
    ),
    _row(
        "trailing-sod-byte",
        "bad_chip_data",
        requirement(41),
        "EF.SOD has one byte behind its end.",
        "EF.SOD thừa một byte ở cuối.",
        _changed(_with_trailing_byte),
    ),
    _row(
        "empty-sod",
        "bad_chip_data",
        requirement(40),
        "EF.SOD is empty.",
        "EF.SOD rỗng.",
        _changed(_with_empty_object),
    ),
    _untrusted(
        "expired-document-signer",
        "expired",
        "EF.SOD was signed by a document signer that is past its last day.",
        "EF.SOD do một khóa ký giấy tờ đã hết hạn ký.",
        _changed(_signed_by(_expired)),
    ),
    _untrusted(
        "unknown-document-signer",
        "untrusted",
        "EF.SOD was signed by a signer with the right names, under a key that nobody trusts.",
        "EF.SOD do một bên ký đúng tên nhưng bằng khóa không ai tin.",
        _changed(_signed_by(forge)),
    ),
    _untrusted(
        "foreign-document-signer",
        "untrusted",
        "EF.SOD of our citizen's document was signed by another country.",
        "EF.SOD trong giấy tờ của công dân ta do nước khác ký.",
        _changed(_signed_by(_elsewhere)),
    ),
    _untrusted(
        "signer-of-two-countries",
        "wrong_country",
        "The document signer is of one country, and its issuer of another.",
        "Bên ký giấy tờ thuộc một nước, còn nơi cấp chứng thư thuộc nước khác.",
        _changed(_signed_by(_mixed)),
    ),
    _untrusted(
        "card-as-document-signer",
        "wrong_purpose",
        "EF.SOD was signed by the card itself, with a genuine certificate under the same root.",
        "EF.SOD do chính thẻ ký, với chứng thư thật dưới cùng một gốc.",
        _signed_by_the_card,
    ),
    _row(
        "broken-sod-signature",
        "document_altered",
        SIGNED,
        "The signature of EF.SOD is not the one that the signer made.",
        "Chữ ký của EF.SOD không phải chữ ký mà bên ký đã tạo.",
        _changed(_recontained(_broken)),
    ),
    _row(
        "missing-hash",
        "document_altered",
        SIGNED,
        "The hash of DG1 was struck from EF.SOD.",
        "Giá trị băm của DG1 bị xóa khỏi EF.SOD.",
        _changed(_recontained(_unlisted)),
    ),
    _row(
        "altered-dg1",
        "document_altered",
        SIGNED,
        "DG1, the machine readable zone, says something else than was signed.",
        "DG1, vùng đọc bằng máy, khác với nội dung đã ký.",
        _changed(_altered(ZONE)),
    ),
    _row(
        "altered-dg13",
        "document_altered",
        SIGNED,
        "DG13, the citizen's data, say something else than was signed.",
        "DG13, dữ liệu công dân, khác với nội dung đã ký.",
        _changed(_altered(STATE_DATA)),
    ),
    _row(
        "copy-with-own-key",
        "document_altered",
        SIGNED,
        "A copy answers with a key of its own, and has put it into DG15.",
        "Bản sao trả lời bằng khóa riêng và đã đặt khóa đó vào DG15.",
        _copy_with_own_key,
    ),
    _row(
        "copied-chip",
        "chip_not_genuine",
        NO_COPY,
        "A copy of all files answers, with a key that is not the chip's.",
        "Bản sao mọi tệp trả lời bằng khóa không phải của chip.",
        _copy,
    ),
    _row(
        "recorded-reading",
        "chip_not_genuine",
        NO_COPY,
        "The chip answered another challenge, some time before.",
        "Chip đã trả lời một thử thách khác, từ trước.",
        _of_before,
    ),
    _row(
        "reading-of-other-site",
        "chip_not_genuine",
        requirement(54),
        "The chip answered another site, which hands the reading on.",
        "Chip trả lời một trang khác và bản đọc bị chuyển tiếp.",
        _of_elsewhere_read,
    ),
    _row(
        "short-chip-signature",
        "chip_not_genuine",
        requirement(13),
        "The last byte of the chip's signature is missing.",
        "Chữ ký của chip thiếu byte cuối.",
        _changed(_short),
    ),
)
