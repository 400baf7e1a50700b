"""What the server reads of a travel document: its files, their signer, the chip's answer."""

from collections.abc import Callable
from functools import cache

from builders import NOW
from chips_for_tests import (
    GERMAN_ZONE,
    MASTER_LIST,
    Country,
    SoftChip,
    active_authentication_info,
    container,
    curve_in_numbers,
    field,
    make_chip,
    security_object,
    spelled_out,
    spki,
)
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from soak.door import Door

from eid.domain.challenge import Challenge, ChallengePurpose
from eid.emrtd import tlv
from eid.emrtd.data_groups import build_com, build_dg2, read_com, read_dg1, read_dg2, read_dg15
from eid.emrtd.security_infos import (
    active_authentication_hash,
    build_card_access,
    build_dg14,
    read_card_access,
    read_dg14,
)
from eid.emrtd.security_object import read_security_object, unwrap_sod
from eid.errors import (
    BadCardAnswer,
    BadChipData,
    ChipNotGenuine,
    DocumentAltered,
    DocumentExpired,
    DocumentUntrusted,
)
from eid.proofs.document import authenticate_document, chip_challenge, read_chip_reading
from eid.vietnam.citizen_data import CitizenData, build_dg13, read_dg13
from keys.cms import (
    open_master_list,
    open_signed_data,
    read_scheme,
    signer_certificate,
    verify_signed_data,
)
from keys.errors import CertificateRejected, CmsMalformed, SignatureInvalid
from keys.pki.anchors import DocumentAnchors, read_csca
from keys.pki.chip_key import verify_chip_signature
from keys.pki.foreign import read_master_list, validate_signer
from keys.pki.foreign_keys import read_key

ORIGIN, NONCE = "https://eid.example", "A" * 43 + "="
CHALLENGE = Challenge(NONCE, ChallengePurpose.LOGIN, ORIGIN, b"b" * 32, NOW, NOW)
JPEG = bytes.fromhex("ffd8 ffc00011 08 0004 0003 03") + bytes(40)
CITIZEN = CitizenData(number="001190000001", name="Mẫu", father="A", mother="B", spouse="C")
UNTRUE = (
    BadCardAnswer,
    BadChipData,
    ChipNotGenuine,
    DocumentAltered,
    DocumentExpired,
    DocumentUntrusted,
)


@cache
def countries() -> tuple[Country, Country]:
    """Our own, and one that signs with RSA and PSS."""
    return Country("VN"), Country("DE", rsa.generate_private_key(65537, 2048), pss=True)


@cache
def chips() -> tuple[SoftChip, SoftChip]:
    own, other = countries()
    more = {13: build_dg13(CITIZEN), 14: active_authentication_info()}
    return (
        make_chip(own.signer(), more=more),
        make_chip(other.signer(), GERMAN_ZONE, rsa.generate_private_key(65537, 2048)),
    )


@cache
def anchors() -> DocumentAnchors:
    own, other = (country.csca.certificate for country in countries())
    return DocumentAnchors([x509.load_der_x509_certificate(own)], [other])


def signed_by_each() -> tuple[bytes, ...]:
    return tuple(container(b"content", country.signer()) for country in countries())


def signer_certificates() -> tuple[bytes, ...]:
    return tuple(country.signer().certificate for country in countries())


def master_list_content() -> bytes:
    certificates = sorted(country.csca.certificate for country in countries())
    return field("30", b"\x02\x01\x00", field("31", *certificates))


def public_keys() -> tuple[bytes, ...]:
    named = [spki(chip.key) for chip in chips()]
    return (*named, spelled_out(named[0], curve_in_numbers("prime256v1")))


def chip_key_file() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    return build_dg14(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


def authenticate(body: bytes) -> object:
    proved = authenticate_document(read_chip_reading(body), CHALLENGE, anchors(), NOW)
    genuine = next(chip for chip in chips() if chip.files[1] == proved.data_groups[1])
    # A reading may leave out what is not needed; what it brings is what was signed.
    assert proved.data_groups.items() <= genuine.files.items()
    return proved


def authenticate_with(file: str | int) -> Callable[[bytes], object]:
    """A good reading of our own chip with one of its files replaced."""

    def read(data: bytes) -> object:
        chip = chips()[0]
        files = dict(chip.files) if file == "sod" else dict(chip.files) | {int(file): data}
        sod = data if file == "sod" else chip.sod
        return authenticate(SoftChip(files, sod, chip.key).reading(ORIGIN, NONCE))

    return read


def open_and_verify(data: bytes) -> object:
    claimed = open_signed_data(data)
    key = validate_signer(signer_certificate(claimed), anchors(), NOW).key
    assert verify_signed_data(claimed, key).content == b"content"
    return claimed


def read_infos(data: bytes) -> object:
    return active_authentication_hash(read_dg14(data))


def answer_of(number: int) -> Callable[[bytes], object]:
    def read(signature: bytes) -> object:
        key = read_key(spki(chips()[number].key))
        verify_chip_signature(key, chip_challenge(CHALLENGE), signature)
        return key

    return read


def scheme_of(certificate: bytes) -> bytes:
    return tlv.fields(tlv.value(certificate, tlv.SEQUENCE))[1].raw


CHIP_DATA, REJECTED = (BadChipData,), (CertificateRejected,)
DOORS: tuple[Door, ...] = (
    Door(
        "chip reading",
        authenticate,
        UNTRUE,
        lambda: tuple(chip.reading(ORIGIN, NONCE) for chip in chips()),
        50,
    ),
    Door(
        "document with another EF.SOD", authenticate_with("sod"), UNTRUE, lambda: (chips()[0].sod,)
    ),
    Door(
        "document with another DG14", authenticate_with(14), UNTRUE, lambda: (chips()[0].files[14],)
    ),
    Door(
        "signed data",
        open_and_verify,
        (CmsMalformed, CertificateRejected, SignatureInvalid),
        signed_by_each,
        60,
    ),
    Door(
        "master list",
        lambda data: read_master_list(data, anchors(), NOW),
        (CmsMalformed, CertificateRejected, SignatureInvalid),
        lambda: (
            container(master_list_content(), countries()[1].master_list_signer(), MASTER_LIST),
        ),
        20,
    ),
    Door(
        "certificates of a master list",
        lambda data: [read_csca(one) for one in open_master_list(data)],
        (CmsMalformed, CertificateRejected),
        lambda: (master_list_content(),),
        20,
    ),
    Door(
        "document signer",
        lambda data: validate_signer(data, anchors(), NOW),
        REJECTED,
        signer_certificates,
        50,
    ),
    Door(
        "CSCA", read_csca, REJECTED, lambda: tuple(one.csca.certificate for one in countries()), 20
    ),
    Door("public key", read_key, REJECTED, public_keys, 30),
    Door(
        "signature algorithm",
        read_scheme,
        (CmsMalformed,),
        lambda: tuple(scheme_of(one) for one in signer_certificates()),
        20,
    ),
    Door(
        "answer of an ECDSA chip",
        answer_of(0),
        (SignatureInvalid,),
        lambda: (chips()[0].answer(ORIGIN, NONCE),),
        10,
    ),
    Door(
        "answer of an RSA chip",
        answer_of(1),
        (SignatureInvalid,),
        lambda: (chips()[1].answer(ORIGIN, NONCE),),
        10,
    ),
    Door("EF.COM", read_com, CHIP_DATA, lambda: (build_com([1, 2, 13, 15]),), 10),
    Door("DG1", read_dg1, CHIP_DATA, lambda: (chips()[0].files[1],), 10),
    Door("DG2", read_dg2, CHIP_DATA, lambda: (build_dg2(JPEG),), 20),
    Door("JPEG", build_dg2, CHIP_DATA, lambda: (JPEG,), 10),
    Door("DG13", read_dg13, CHIP_DATA, lambda: (build_dg13(CITIZEN),), 20),
    Door("DG14", read_infos, CHIP_DATA, lambda: (chip_key_file(), chips()[0].files[14]), 20),
    Door("DG15", read_dg15, CHIP_DATA, lambda: tuple(one.files[15] for one in chips()), 10),
    Door("EF.CardAccess", read_card_access, CHIP_DATA, lambda: (build_card_access(),), 10),
    Door("EF.SOD", unwrap_sod, CHIP_DATA, lambda: (chips()[0].sod,), 10),
    Door(
        "security object",
        read_security_object,
        CHIP_DATA,
        lambda: (security_object(chips()[0].files), security_object(chips()[0].files, version=1)),
        20,
    ),
    Door("fields of a file", tlv.fields, CHIP_DATA, lambda: (chips()[0].sod,), 10),
)
