"""The chip's own document: what the issuing state signed, and the chip that it was signed for.

What a reader sends is named `ChipReading` and is believed by nobody. `authenticate_document` makes
an `AuthenticDocument` of it or raises: passive authentication (ICAO Doc 9303-11, 5) and then active
authentication (6.1), without which copied files would do. The chip signs eight octets that are made
of our origin and our challenge, so what was read for another site or earlier proves nothing here.

Chip authentication, the other way to tell a copy, is not offered: the server would have to send the
reader a fresh public key and relay a protected command under keys that only it and the chip know.
That is a second round trip, and a second kind of challenge to keep, for the same certainty.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from types import MappingProxyType
from typing import Final

from eid.domain.challenge import Challenge
from eid.domain.identifiers import PersonalNumber
from eid.emrtd.data_groups import read_dg1, read_dg15
from eid.emrtd.mrz import Td1, parse
from eid.emrtd.security_infos import active_authentication_hash, read_dg14
from eid.emrtd.security_object import (
    CONTENT_TYPE,
    SecurityObject,
    read_security_object,
    unwrap_sod,
)
from eid.emrtd.states import certificate_country
from eid.errors import (
    BadCardAnswer,
    BadChipData,
    ChipNotGenuine,
    DocumentAltered,
    DocumentExpired,
    DocumentUntrusted,
    Malformed,
)
from eid.proofs.answers import base64_octets, json_object
from eid.vietnam.mrz_profile import read_mrz
from eid.vietnam.rules import local_day
from keys.cms import (
    ClaimedSignedData,
    open_signed_data,
    signer_certificate,
    verify_signed_data,
)
from keys.errors import CertificateRejected, CmsMalformed, SignatureInvalid
from keys.pki.anchors import DocumentAnchors
from keys.pki.chip_key import verify_chip_signature
from keys.pki.foreign import TrustedSigner, validate_signer
from keys.pki.foreign_keys import read_key

FORMAT: Final = "eid.chip-reading:1"
MOST_SIZE: Final = 40_000
REQUIRED: Final = frozenset({"format", "securityObject", "dataGroups", "activeAuthentication"})
MEMBERS: Final = REQUIRED | {"appVersion"}
NEEDED_GROUPS: Final = frozenset({1, 15})  # who it is, and the key of the chip
GROUPS: Final = MappingProxyType({"1": 1, "13": 13, "14": 14, "15": 15})  # never the face (DG2)
CHALLENGE_LENGTH: Final = 8  # Doc 9303-11, 6.1: RND.IFD
OWN_STATE: Final = "VNM"


@dataclass(frozen=True, slots=True)
class ChipReading:
    """What a reader says it read: files as they came, and the chip's answer. Nobody vouches.

    `data_groups` are whole files, tag and all, by number.
    """

    security_object: bytes
    data_groups: Mapping[int, bytes]
    active_authentication: bytes


@dataclass(frozen=True, slots=True)
class AuthenticDocument:
    """A state signed this document, and the chip that it was signed for answered this challenge.

    Built only by `authenticate_document`. Whether it is in force is not asked here: `fingerprint`
    finds its card in the register.

    Attributes:
        number: the personal number, on documents of our own state; None on others.
        zone: what the machine readable zone says.
        valid_until: the document's last day; None: it does not expire.
        data_groups: the files that were brought, each with its hash in what was signed.
        signer: who signed.
        fingerprint: SHA-256 of the security object's CMS container.
        active_key: the chip's public key, a SubjectPublicKeyInfo (DER).
        challenge: what the chip answered.
    """

    number: PersonalNumber | None
    zone: Td1
    valid_until: date | None
    data_groups: Mapping[int, bytes]
    signer: TrustedSigner
    fingerprint: bytes
    active_key: bytes
    challenge: Challenge


def read_chip_reading(body: bytes) -> ChipReading:
    """Read a chip reading; raises `BadCardAnswer` for everything that is not exactly one."""
    if len(body) > MOST_SIZE:
        raise BadCardAnswer(f"{len(body)} bytes")
    members = json_object(body)
    if not MEMBERS >= members.keys() >= REQUIRED or members["format"] != FORMAT:
        raise BadCardAnswer("not a chip reading")
    groups = members.pop("dataGroups")
    if not isinstance(groups, dict) or not groups.keys() <= GROUPS.keys():
        raise BadCardAnswer("not the data groups of a chip reading")
    data_groups = {GROUPS[name]: _octets(text) for name, text in groups.items()}
    if not data_groups.keys() >= NEEDED_GROUPS:
        raise BadCardAnswer("no DG1 or no DG15")
    if not isinstance(members.get("appVersion", ""), str):
        raise BadCardAnswer("a member is not text")
    return ChipReading(
        security_object=_octets(members["securityObject"]),
        data_groups=MappingProxyType(data_groups),
        active_authentication=_octets(members["activeAuthentication"]),
    )


def document_fingerprint(reading: ChipReading) -> bytes:
    """SHA-256 of the security object's CMS container, to look the card up: no trust in it.

    Raises `BadChipData`.
    """
    return hashlib.sha256(unwrap_sod(reading.security_object)).digest()


def authenticate_document(
    reading: ChipReading, challenge: Challenge, anchors: DocumentAnchors, now: datetime
) -> AuthenticDocument:
    """Prove that the document is a state's and that its own chip answered this challenge.

    `challenge` has been spent and checked (`check_challenge`). Raises `BadChipData` for what cannot
    be read, `DocumentUntrusted`, `DocumentAltered`, `ChipNotGenuine`, `DocumentExpired`.
    """
    # 1. EF.SOD holds one CMS container with a security object.
    container = unwrap_sod(reading.security_object)
    claimed = _open(container)
    # 2. Its signer leads to a CSCA now. Before the signature: no key is used that nobody vouches
    #    for, and the certified key decides the algorithm (CV-10).
    signer = _trusted_signer(claimed, anchors, now)
    # 3. The signer signed the security object.
    security_object = _signed_object(claimed, signer)
    # 4. The hash of every data group brought is in it; one that is not listed is refused.
    _require_listed(reading.data_groups, security_object)
    # 5. The signer signs for the state that the zone names, and such documents, and no others.
    lines = read_dg1(reading.data_groups[1])
    zone = _read_zone(lines)
    _require_competent(zone, signer)
    number, valid_until = _number_and_end(lines, zone)
    # 6. The chip with the key of DG15 answered our challenge, at our origin.
    active_key = read_dg15(reading.data_groups[15])
    _require_answer(reading, active_key, challenge)
    # 7. It is not past its last day: told to who holds it, and to nobody else.
    if valid_until is not None and local_day(now) > valid_until:
        raise DocumentExpired(f"last day {valid_until}")
    return AuthenticDocument(
        number=number,
        zone=zone,
        valid_until=valid_until,
        data_groups=reading.data_groups,
        signer=signer,
        fingerprint=hashlib.sha256(container).digest(),
        active_key=active_key,
        challenge=challenge,
    )


def chip_challenge(challenge: Challenge) -> bytes:
    """The eight octets that the chip signs (Doc 9303-11, 6.1): of our origin and our nonce."""
    origin = hashlib.sha256(challenge.origin.encode("utf-8")).digest()
    nonce = hashlib.sha256(challenge.nonce.encode("utf-8")).digest()
    return hashlib.sha256(origin + nonce).digest()[:CHALLENGE_LENGTH]


def _octets(text: object) -> bytes:
    if not isinstance(text, str):
        raise BadCardAnswer("a member is not text")
    return base64_octets(text)


def _open(container: bytes) -> ClaimedSignedData:
    try:
        claimed = open_signed_data(container)
    except CmsMalformed as problem:
        raise BadChipData(f"EF.SOD: {problem}") from None
    if claimed.content_type.dotted_string != CONTENT_TYPE:
        raise BadChipData("EF.SOD: signed data of another kind")
    return claimed


def _trusted_signer(
    claimed: ClaimedSignedData, anchors: DocumentAnchors, now: datetime
) -> TrustedSigner:
    try:
        return validate_signer(signer_certificate(claimed), anchors, now)
    except CmsMalformed as problem:
        raise BadChipData(f"EF.SOD: {problem}") from None
    except CertificateRejected as rejected:
        raise DocumentUntrusted(rejected.reason) from None


def _signed_object(claimed: ClaimedSignedData, signer: TrustedSigner) -> SecurityObject:
    try:
        return read_security_object(verify_signed_data(claimed, signer.key).content)
    except SignatureInvalid as wrong:
        raise DocumentAltered(f"security object: {wrong}") from None


def _require_listed(data_groups: Mapping[int, bytes], security_object: SecurityObject) -> None:
    if missing := NEEDED_GROUPS - data_groups.keys():
        raise DocumentAltered(f"not brought: {sorted(missing)}")
    for number, file in data_groups.items():
        if not security_object.agrees(number, file):
            raise DocumentAltered(f"data group {number} is not the one that was signed")


def _read_zone(lines: tuple[str, str, str]) -> Td1:
    try:
        return parse(lines)
    except Malformed as problem:
        raise BadChipData(problem.detail) from None


def _require_competent(zone: Td1, signer: TrustedSigner) -> None:
    if certificate_country(zone.issuer) != signer.country:
        raise DocumentUntrusted(f"a document of {zone.issuer}, signed by {signer.country}")
    # Doc 9303-12, 7.1.1.6
    if signer.document_types is not None and zone.code not in signer.document_types:
        raise DocumentUntrusted(f"not a signer of documents of type {zone.code}")


def _number_and_end(
    lines: tuple[str, str, str], zone: Td1
) -> tuple[PersonalNumber | None, date | None]:
    """Read the personal number of our own citizens, and the last day of any document."""
    try:
        if zone.issuer == OWN_STATE:
            own = read_mrz(lines)
            return own.number, own.valid_until
        digits = zone.expires
        return None, date(2000 + int(digits[:2]), int(digits[2:4]), int(digits[4:]))
    except (Malformed, ValueError):
        raise BadChipData("DG1: a zone that contradicts itself") from None


def _require_answer(reading: ChipReading, active_key: bytes, challenge: Challenge) -> None:
    dg14 = reading.data_groups.get(14)
    digest = active_authentication_hash(read_dg14(dg14)) if dg14 is not None else None
    try:
        verify_chip_signature(
            read_key(active_key), chip_challenge(challenge), reading.active_authentication, digest
        )
    except (SignatureInvalid, CertificateRejected) as wrong:
        raise ChipNotGenuine(str(wrong)) from None
