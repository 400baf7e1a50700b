"""CMS SignedData: what we write, and everything that we do not read (RFC 5652)."""

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from asn1crypto import algos, cms, core  # type: ignore[import-untyped]
from chips_for_tests import HASHES, SECURITY_OBJECT, Country, Signer, container
from chips_for_tests import field as tlv
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509 import ObjectIdentifier

from keys.cms import (
    DATA,
    IssuerAndSerial,
    SubjectKey,
    open_master_list,
    open_signed_data,
    sign_data,
    signer_certificate,
    verify_signed_data,
)
from keys.errors import CmsMalformed, SignatureInvalid

CONTENT = b"what is signed"
TYPE = ObjectIdentifier(SECURITY_OBJECT)
SIGNING_TIME = "signing_time"


@cache
def country() -> Country:
    return Country("DE")


@cache
def signer() -> Signer:
    return country().signer()


def certificate_of(one: Signer) -> x509.Certificate:
    return x509.load_der_x509_certificate(one.certificate)


def public_key_of(one: Signer) -> Any:
    return one.key.public_key()


def ours(key: ec.EllipticCurvePrivateKey, content_type: ObjectIdentifier = TYPE) -> bytes:
    certificate = certificate_of(country().signer(key))
    return sign_data(CONTENT, content_type, certificate, key)


@pytest.mark.parametrize(
    ("curve", "digest"), [(ec.SECP256R1(), "sha256"), (ec.SECP384R1(), "sha384")]
)
def test_what_we_sign_others_read__rfc5652_5(curve: ec.EllipticCurve, digest: str) -> None:
    key = ec.generate_private_key(curve)
    written = ours(key)
    said = cms.ContentInfo.load(written, strict=True)["content"]
    assert said["version"].native == "v3"
    assert [one["algorithm"].native for one in said["digest_algorithms"]] == [digest]
    assert said["encap_content_info"]["content_type"].dotted == SECURITY_OBJECT
    assert said["encap_content_info"]["content"].native == CONTENT
    [info] = said["signer_infos"]
    assert info["sid"].name == "issuer_and_serial_number"
    assert info["signature_algorithm"]["algorithm"].native == f"{digest}_ecdsa"
    types = [one["type"].native for one in info["signed_attrs"]]
    assert types == ["content_type", "message_digest"]  # and no time
    signed = info["signed_attrs"].untag().dump()
    key.public_key().verify(info["signature"].native, signed, ec.ECDSA(HASHES[digest]))
    assert verify_signed_data(open_signed_data(written), key.public_key()).content == CONTENT


def test_the_same_content_gives_the_same_bytes() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    certificate = certificate_of(country().signer(key))
    once, again = (sign_data(CONTENT, TYPE, certificate, key) for _ in range(2))
    assert once == again


def test_plain_data_are_version_1__rfc5652_5_1() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    written = ours(key, DATA)
    assert cms.ContentInfo.load(written)["content"]["version"].native == "v1"
    assert open_signed_data(written).content_type == DATA


def test_nobody_signs_with_a_key_that_is_not_the_certificate_s() -> None:
    other = ec.generate_private_key(ec.SECP256R1())
    with pytest.raises(SignatureInvalid):
        sign_data(CONTENT, TYPE, certificate_of(signer()), other)


def rsa_signer(digest: str, *, pss: bool) -> Signer:
    key = rsa.generate_private_key(65537, 2048)
    return replace(country().signer(key), digest=digest, pss=pss)


OTHERS: dict[str, Callable[[], Signer]] = {
    "P-256": signer,
    "P-521 with SHA-512": lambda: replace(
        country().signer(ec.generate_private_key(ec.SECP521R1())), digest="sha512"
    ),
    "brainpool with SHA-384": lambda: replace(
        country().signer(ec.generate_private_key(ec.BrainpoolP384R1())), digest="sha384"
    ),
    "RSA with SHA-256": lambda: rsa_signer("sha256", pss=False),
    "RSA with SHA-512": lambda: rsa_signer("sha512", pss=False),
    "RSASSA-PSS with SHA-256": lambda: rsa_signer("sha256", pss=True),
    "RSASSA-PSS with SHA-384": lambda: rsa_signer("sha384", pss=True),
}


@pytest.mark.parametrize("which", OTHERS)
def test_what_others_sign_is_read_and_proved(which: str) -> None:
    one = OTHERS[which]()
    claimed = open_signed_data(container(CONTENT, one))
    assert claimed.certificates == (one.certificate,)
    assert signer_certificate(claimed) == one.certificate
    proved = verify_signed_data(claimed, public_key_of(one))
    assert (proved.content, proved.content_type) == (CONTENT, TYPE)
    with pytest.raises(SignatureInvalid):
        verify_signed_data(replace(claimed, content=CONTENT + b"!"), public_key_of(one))
    with pytest.raises(SignatureInvalid):
        verify_signed_data(claimed, public_key_of(OTHERS[which]() if which != "P-256" else OTHER))


OTHER = Signer(ec.generate_private_key(ec.SECP256R1()), b"")


def plain_rsa(signed_data: Any) -> None:
    scheme = algos.SignedDigestAlgorithm({"algorithm": "rsassa_pkcs1v15"})
    signed_data["signer_infos"][0]["signature_algorithm"] = scheme


def test_rsa_without_a_digest_means_the_signer_s__rfc5754_3_2() -> None:
    one = rsa_signer("sha256", pss=False)
    claimed = open_signed_data(container(CONTENT, one, change=plain_rsa))
    assert verify_signed_data(claimed, public_key_of(one)).content == CONTENT


def test_digest_parameters_may_be_absent_or_null__rfc5754_2() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    absent, null = ours(key), container(CONTENT, country().signer(key))
    for whole, parameters in ((absent, core.Void), (null, core.Null)):
        said = cms.ContentInfo.load(whole)["content"]
        for one in (said["digest_algorithms"][0], said["signer_infos"][0]["digest_algorithm"]):
            assert isinstance(one["parameters"], parameters)
        assert verify_signed_data(open_signed_data(whole), key.public_key()).content == CONTENT


def test_other_signed_attributes_are_let_be__rfc5652_5_3() -> None:
    def with_time(signed_data: Any) -> None:
        time = cms.CMSAttribute({"type": SIGNING_TIME, "values": [cms.Time({"utc_time": TIME})]})
        attributes = signed_data["signer_infos"][0]["signed_attrs"]
        whole = sorted([*attributes, time], key=lambda one: one.dump())
        signed_data["signer_infos"][0]["signed_attrs"] = cms.CMSAttributes(whole)

    claimed = open_signed_data(container(CONTENT, signer(), change=with_time))
    assert verify_signed_data(claimed, public_key_of(signer())).content == CONTENT


TIME = "260302090000Z"


def test_a_signer_is_named_one_way_or_the_other__rfc5652_5_3() -> None:
    by_serial = open_signed_data(container(CONTENT, signer())).signer
    assert isinstance(by_serial, IssuerAndSerial)
    by_key = open_signed_data(container(CONTENT, signer(), named_by_key=True))
    own = certificate_of(signer()).extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    assert by_key.signer == SubjectKey(own.value.digest)
    assert signer_certificate(by_key) == signer().certificate


Change = Callable[[Any], None]


def info_member(name: str, value: Any) -> Change:
    def change(signed_data: Any) -> None:
        signed_data["signer_infos"][0][name] = value

    return change


def member(name: str, value: Any) -> Change:
    def change(signed_data: Any) -> None:
        signed_data[name] = value

    return change


def attributes(*wanted: tuple[str, list[Any]]) -> Change:
    rows = [cms.CMSAttribute({"type": name, "values": values}) for name, values in wanted]
    rows = sorted(rows, key=lambda one: one.dump())
    return info_member("signed_attrs", cms.CMSAttributes(rows))


def twice(signed_data: Any) -> None:
    info = signed_data["signer_infos"][0]
    other = info.copy()
    other["signature"] = b"x"
    signed_data["signer_infos"] = [info, other]


def pss(**changes: Any) -> Change:
    parameters = {
        "hash_algorithm": {"algorithm": "sha256"},
        "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": {"algorithm": "sha256"}},
        "salt_length": 32,
    } | changes
    parameters = {name: value for name, value in parameters.items() if value is not ...}
    scheme = algos.SignedDigestAlgorithm({"algorithm": "rsassa_pss", "parameters": parameters})
    return info_member("signature_algorithm", scheme)


OTHER_LIST = cms.OtherRevocationInfoFormat(
    {"other_rev_info_format": "1.2.3", "other_rev_info": core.Null()}
)
SHA_256 = algos.DigestAlgorithm({"algorithm": "sha256"})
DIGEST = ("message_digest", [bytes(32)])
KIND = ("content_type", [SECURITY_OBJECT])
REFUSED: dict[str, Change] = {
    "two signers": twice,
    "a revocation list": member("crls", [cms.RevocationInfoChoice("other", OTHER_LIST)]),
    "no content": member("encap_content_info", {"content_type": SECURITY_OBJECT}),
    "no signed attributes": info_member("signed_attrs", None),
    "unsigned attributes": info_member(
        "unsigned_attrs", [cms.CMSAttribute({"type": "1.2.3", "values": [core.Null()]})]
    ),
    "another version": member("version", "v1"),
    "another version of the signer": info_member("version", "v3"),
    "a digest that is not announced": member("digest_algorithms", [{"algorithm": "sha512"}]),
    "SHA-1": info_member("digest_algorithm", {"algorithm": "sha1"}),
    "SHA-1 announced": member("digest_algorithms", [{"algorithm": "sha1"}]),
    "a signature with another digest": info_member(
        "signature_algorithm", {"algorithm": "sha384_ecdsa"}
    ),
    "a signature with SHA-1": info_member("signature_algorithm", {"algorithm": "sha1_ecdsa"}),
    "an RSA signature with SHA-1": info_member("signature_algorithm", {"algorithm": "sha1_rsa"}),
    "ECDSA with parameters": info_member(
        "signature_algorithm", {"algorithm": "sha256_ecdsa", "parameters": core.Null()}
    ),
    "RSASSA-PSS with another mask": pss(
        mask_gen_algorithm={"algorithm": "1.2.3", "parameters": SHA_256}
    ),
    "DSA": info_member("signature_algorithm", {"algorithm": "sha256_dsa"}),
    "RSASSA-PSS with SHA-1": pss(hash_algorithm=..., mask_gen_algorithm=...),
    "RSASSA-PSS with another digest": pss(hash_algorithm={"algorithm": "sha512"}),
    "RSASSA-PSS with two digests": pss(
        mask_gen_algorithm={"algorithm": "mgf1", "parameters": {"algorithm": "sha512"}}
    ),
    "RSASSA-PSS with an absurd salt": pss(salt_length=33),
    "RSASSA-PSS with another trailer": pss(trailer_field=2),
    "no content type signed": attributes(DIGEST),
    "no digest signed": attributes(KIND),
    "a content type of something else": attributes(DIGEST, ("content_type", ["1.2.3"])),
    "two digests": attributes(KIND, ("message_digest", [bytes(32), b"\x01" * 32])),
    "a digest signed twice": attributes(KIND, DIGEST, ("message_digest", [b"\x01" * 32])),
}


@pytest.mark.parametrize("which", REFUSED)
def test_everything_else_is_refused__CV_40(which: str) -> None:
    written = container(CONTENT, signer(), change=REFUSED[which])
    cms.ContentInfo.load(written).native  # noqa: B018 - another reader reads it
    with pytest.raises(CmsMalformed):
        open_signed_data(written)


def test_a_container_without_a_signer_is_refused() -> None:
    structure = cms.ContentInfo.load(container(CONTENT, signer()))
    structure["content"]["signer_infos"] = []
    with pytest.raises(CmsMalformed):
        open_signed_data(structure.dump(force=True))


def test_an_attribute_certificate_is_refused__rfc5652_10_2_2() -> None:
    written = bytearray(container(CONTENT, signer()))
    written[written.index(signer().certificate)] = 0xA2
    choices = cms.ContentInfo.load(bytes(written))["content"]["certificates"]
    assert choices[0].name == "v2_attr_cert"
    with pytest.raises(CmsMalformed):
        open_signed_data(bytes(written))


def test_a_signer_whose_certificate_is_not_there_is_nobody() -> None:
    claimed = open_signed_data(container(CONTENT, signer()))
    stranger = country().signer().certificate
    for certificates in ((), (stranger,), (signer().certificate, signer().certificate)):
        with pytest.raises(CmsMalformed):
            signer_certificate(replace(claimed, certificates=certificates))
    assert (
        signer_certificate(replace(claimed, certificates=(stranger, signer().certificate)))
        == signer().certificate
    )
    with pytest.raises(CmsMalformed):
        signer_certificate(replace(claimed, certificates=(b"\x30\x00", signer().certificate)))


def test_a_certificate_without_key_identifier_is_not_found_by_it() -> None:
    nameless = country().signer(extensions={"key": None}).certificate
    claimed = open_signed_data(container(CONTENT, signer(), named_by_key=True))
    assert (
        signer_certificate(replace(claimed, certificates=(nameless, signer().certificate)))
        == signer().certificate
    )


BROKEN: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"",
    "cut short": lambda der: der[:-1],
    "an octet behind": lambda der: der + b"\x00",
    "an unending length": lambda der: b"\x30\x80" + der[4:] + b"\x00\x00",
    "a length too long": lambda der: b"\x30\x83\x00" + der[2:],
    "an absurd length": lambda _: b"\x30\x84\x80\x00\x00\x00",
    "another kind of content": lambda der: der.replace(
        bytes.fromhex("2a864886f70d010702"), bytes.fromhex("2a864886f70d010703")
    ),
    "a thousand floors": lambda _: bytes.fromhex("3080") * 1000,
}


@pytest.mark.parametrize("which", BROKEN)
def test_broken_der_is_refused__CV_40(which: str) -> None:
    whole = container(CONTENT, signer())
    assert whole[1] == 0x82
    with pytest.raises(CmsMalformed):
        open_signed_data(BROKEN[which](whole))


def test_signed_attributes_in_another_order_are_refused__rfc5652_5_3() -> None:
    whole = container(CONTENT, signer())
    info = cms.ContentInfo.load(whole)["content"]["signer_infos"][0]
    first, second = (one.dump() for one in info["signed_attrs"])
    turned = whole.replace(first + second, second + first)
    assert turned != whole
    with pytest.raises(CmsMalformed):
        open_signed_data(turned)


def test_a_container_is_read_up_to_its_largest_size__CV_40() -> None:
    whole = container(bytes(60_000), signer())
    assert open_signed_data(whole, largest=len(whole)).content == bytes(60_000)
    with pytest.raises(CmsMalformed):
        open_signed_data(whole, largest=len(whole) - 1)
    with pytest.raises(CmsMalformed):
        open_signed_data(container(bytes(70_000), signer()))


def test_a_key_of_another_kind_signed_nothing() -> None:
    claimed = open_signed_data(container(CONTENT, signer()))
    with pytest.raises(SignatureInvalid):
        verify_signed_data(claimed, rsa.generate_private_key(65537, 2048).public_key())
    one = rsa_signer("sha256", pss=False)
    with pytest.raises(SignatureInvalid):
        verify_signed_data(open_signed_data(container(CONTENT, one)), public_key_of(signer()))


def test_a_signature_of_other_attributes_is_refused() -> None:
    def other_digest(signed_data: Any) -> None:
        attributes(KIND, DIGEST)(signed_data)

    claimed = open_signed_data(container(CONTENT, signer(), change=other_digest))
    with pytest.raises(SignatureInvalid, match="content"):
        verify_signed_data(claimed, public_key_of(signer()))
    good = open_signed_data(container(CONTENT, signer()))
    with pytest.raises(SignatureInvalid, match="signature"):
        verify_signed_data(replace(good, signature=claimed.signature), public_key_of(signer()))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x30\x00",
        tlv("30", b"\x02\x01\x01", tlv("31")),  # version 1
        tlv("30", b"\x02\x01\x00"),
        tlv("30", b"\x02\x01\x00", tlv("31", b"\x05\x00")),  # no certificate
        tlv("30", b"\x02\x01\x00", tlv("31"), b"\x05\x00"),
    ],
)
def test_what_is_no_master_list_is_refused(content: bytes) -> None:
    with pytest.raises(CmsMalformed):
        open_master_list(content)
