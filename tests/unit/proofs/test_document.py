"""One change to a good chip reading, and what it is refused for."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from hashlib import sha256
from typing import Any

import pytest
from builders import NOW
from chips_for_tests import (
    GERMAN_ZONE,
    MASTER_LIST,
    ZONE,
    Country,
    Key,
    Signer,
    SoftChip,
    active_authentication_info,
    container,
    document_types,
    make_chip,
    security_object,
    spki,
    text,
)
from chips_for_tests import field as tlv
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from pki_for_tests import BEGIN, END, ThrowAwayPki

from eid.domain.challenge import Challenge, ChallengePurpose
from eid.errors import (
    BadChipData,
    ChipNotGenuine,
    DocumentAltered,
    DocumentExpired,
    DocumentUntrusted,
    EidError,
)
from eid.proofs.challenges import issue_challenge
from eid.proofs.document import (
    AuthenticDocument,
    ChipReading,
    authenticate_document,
    document_fingerprint,
    read_chip_reading,
)
from keys.pki.anchors import DocumentAnchors

OTHER_KEY = ec.generate_private_key(ec.SECP256R1())
ORIGIN = "https://eid.example"
SECOND = timedelta(seconds=1)


@cache
def home() -> Country:
    return Country("VN")


@cache
def abroad() -> Country:
    return Country("DE", ec.generate_private_key(ec.BrainpoolP256R1()))


@cache
def anchors() -> DocumentAnchors:
    own = x509.load_der_x509_certificate(home().csca.certificate)
    return DocumentAnchors([own], [abroad().csca.certificate])


@cache
def good_signer() -> Signer:
    return home().signer()


@cache
def good_chip() -> SoftChip:
    return make_chip(good_signer(), more={13: tlv("6d", b"\x30\x00"), 14: AA_SHA256})


AA_SHA256 = active_authentication_info()
AA_SHA512 = active_authentication_info("0.4.0.127.0.7.1.1.4.1.5")


def fresh() -> Challenge:
    minutes = timedelta(minutes=2)
    return issue_challenge(ChallengePurpose.LOGIN, ORIGIN, b"b" * 32, NOW, minutes)


@dataclass(frozen=True)
class Trial:
    """A chip reading and all that it is judged by; good by default."""

    challenge: Challenge = field(default_factory=fresh)
    chip: SoftChip = field(default_factory=good_chip)
    origin: str = ORIGIN
    nonce: str = ""
    now: datetime = NOW
    members: Mapping[str, Any] = field(default_factory=dict)

    def read(self) -> ChipReading:
        nonce = self.nonce or self.challenge.nonce
        return read_chip_reading(self.chip.reading(self.origin, nonce, **self.members))

    def run(self) -> AuthenticDocument:
        return authenticate_document(self.read(), self.challenge, anchors(), self.now)


def refusal(trial: Trial) -> type[EidError]:
    with pytest.raises(EidError) as refused:
        trial.run()
    return type(refused.value)


def test_a_good_reading_proves_document_and_chip() -> None:
    trial = Trial()
    proved = trial.run()
    assert proved.number == "001190000001"
    assert (proved.zone.issuer, proved.zone.primary) == ("VNM", "NGUYEN")
    assert f"{proved.valid_until}" == "2030-01-15"
    assert (proved.signer.country, proved.signer.at) == ("VN", NOW)
    assert proved.active_key == spki(trial.chip.key)
    assert proved.challenge is trial.challenge
    assert proved.data_groups == trial.chip.files
    # The look-up key is the hash of the container alone, with or without a proof.
    container_hash = sha256(trial.chip.sod[4:]).digest()
    assert proved.fingerprint == document_fingerprint(trial.read()) == container_hash


def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


ACCEPTED: dict[str, Callable[[], SoftChip]] = {
    "without DG13 and DG14": lambda: make_chip(good_signer()),
    "a security object with SHA-384": lambda: make_chip(good_signer(), lds="sha384"),
    "a security object of version 1": lambda: SoftChip(
        good_chip().files,
        tlv("77", container(security_object(good_chip().files, version=1), good_signer())),
        good_chip().key,
    ),
    "a signer named by its key": lambda: make_chip(good_signer(), named_by_key=True),
    "a chip on P-384": lambda: make_chip(
        good_signer(), key=ec.generate_private_key(ec.SECP384R1()), digest="sha384"
    ),
    "a chip that says it hashes with SHA-512": lambda: make_chip(
        good_signer(), digest="sha512", more={14: AA_SHA512}
    ),
    "a chip with an RSA key": lambda: make_chip(good_signer(), key=rsa_key()),
    "a card that never expires": lambda: make_chip(
        good_signer(), (ZONE[0], "9001158F9912315VNM<<<<<<<<<<<4", ZONE[2])
    ),
}


@pytest.mark.parametrize("which", ACCEPTED)
def test_what_else_is_a_good_document(which: str) -> None:
    assert Trial(chip=ACCEPTED[which]()).run().number == "001190000001"


def german_signer(*types: str) -> Signer:
    key = ec.generate_private_key(ec.BrainpoolP256R1())
    return abroad().signer(key, extensions={"types": (document_types(*types), False)})


def test_a_signer_of_such_documents_is_believed() -> None:
    for types in (("ID",), ("P", "ID")):
        proved = Trial(chip=make_chip(german_signer(*types), GERMAN_ZONE)).run()
        assert proved.zone.code == "ID"


def test_a_document_of_another_country_proves_its_holder_and_has_no_number_of_ours() -> None:
    key = ec.generate_private_key(ec.BrainpoolP256R1())
    signer = abroad().signer(ec.generate_private_key(ec.BrainpoolP256R1()))
    proved = Trial(chip=make_chip(signer, GERMAN_ZONE, key)).run()
    assert (proved.number, proved.zone.number, proved.signer.country) == (None, "X00000001", "DE")
    assert f"{proved.valid_until}" == "2030-01-31"


def altered(number: int, file: bytes) -> SoftChip:
    return replace(good_chip(), files={**good_chip().files, number: file})


def without_hash(number: int) -> SoftChip:
    listed = {n: file for n, file in good_chip().files.items() if n != number}
    return replace(good_chip(), sod=tlv("77", container(security_object(listed), good_signer())))


def sod_of(content: bytes, signer: Signer | None = None, **changes: Any) -> SoftChip:
    signed = container(content, signer or good_signer(), **changes)
    return replace(good_chip(), sod=tlv("77", signed))


def listed() -> bytes:
    return security_object(good_chip().files)


def patched() -> SoftChip:
    """One octet of a hash inside the signed security object is another."""
    sod = bytearray(good_chip().sod)
    at = good_chip().sod.index(sha256(good_chip().files[1]).digest())
    sod[at] ^= 1
    return replace(good_chip(), sod=bytes(sod))


def signed_by(key: Key) -> SoftChip:
    """The security object with the good certificate, signed by somebody else's key."""
    return sod_of(listed(), replace(good_signer(), key=key))


ALTERED: dict[str, Callable[[], SoftChip]] = {
    "another name in DG1": lambda: altered(1, good_chip().files[1].replace(b"MAU", b"NAM")),
    "another key in DG15": lambda: altered(15, tlv("6f", spki(OTHER_KEY))),
    "other data in DG13": lambda: altered(13, tlv("6d", b"\x30\x02\x05\x00")),
    "another hash in DG14": lambda: altered(14, AA_SHA512),
    "an octet behind DG1": lambda: altered(1, good_chip().files[1] + b"\x00"),
    "DG1 is not listed": lambda: without_hash(1),
    "DG13 is not listed": lambda: without_hash(13),
    "DG15 is not listed": lambda: without_hash(15),
    "DG13 in the place of DG14": lambda: altered(14, good_chip().files[13]),
    "a hash in the security object": patched,
    "signed by another key": lambda: signed_by(ec.generate_private_key(ec.SECP256R1())),
    "signed by an RSA key": lambda: sod_of(listed(), signature=b"\x01" * 256),
    "no signature": lambda: sod_of(listed(), signature=b""),
}


@pytest.mark.parametrize("which", ALTERED)
def test_data_that_nobody_signed_are_refused__CV_50(which: str) -> None:
    assert refusal(Trial(chip=ALTERED[which]())) is DocumentAltered


@pytest.mark.parametrize("number", [1, 15])
def test_a_reading_without_the_holder_or_the_key_proves_nothing(number: int) -> None:
    trial = Trial()
    reading = trial.read()
    rest = {n: file for n, file in reading.data_groups.items() if n != number}
    with pytest.raises(DocumentAltered):
        authenticate_document(
            replace(reading, data_groups=rest), trial.challenge, anchors(), trial.now
        )


def card_of_ours() -> Signer:
    """A citizen's card certificate under our own root, which signs a document."""
    pki = ThrowAwayPki(curve=ec.SECP256R1())
    card = pki.card(issuer=pki.root)
    return Signer(card.key, card.certificate.public_bytes(Encoding.DER))


UNTRUSTED: dict[str, Callable[[], SoftChip]] = {
    "an unknown CSCA": lambda: make_chip(Country("VN").signer()),
    "a country that nobody named": lambda: make_chip(Country("XX").signer()),
    "its own signature": lambda: make_chip(home().authority(OTHER_KEY)),
    "another country's signer": lambda: make_chip(
        abroad().signer(ec.generate_private_key(ec.BrainpoolP256R1()))
    ),
    "our signer, another country's document": lambda: make_chip(good_signer(), GERMAN_ZONE),
    "a signer of passports alone": lambda: make_chip(german_signer("P", "PM"), GERMAN_ZONE),
    "the CSCA itself": lambda: make_chip(home().csca),
    "a card's certificate": lambda: make_chip(card_of_ours()),
    "a signer of master lists": lambda: make_chip(home().master_list_signer()),
    "an expired signer": lambda: make_chip(home().signer(end=NOW - SECOND)),
    "a signer of tomorrow": lambda: make_chip(home().signer(begin=NOW + SECOND)),
    "a signer without our policy": lambda: make_chip(home().signer(extensions={"policy": None})),
    "a signer on a brainpool curve, of ours": lambda: make_chip(
        home().signer(ec.generate_private_key(ec.BrainpoolP256R1()))
    ),
    "a weak RSA key": lambda: make_chip(abroad().signer(rsa_key(1024)), GERMAN_ZONE),
}


@pytest.mark.parametrize("which", UNTRUSTED)
def test_a_signer_that_nobody_named_is_refused__CV_20(which: str) -> None:
    assert refusal(Trial(chip=UNTRUSTED[which]())) is DocumentUntrusted


@pytest.mark.parametrize("now", [BEGIN - SECOND, END + SECOND, datetime(2051, 1, 1, tzinfo=UTC)])
def test_the_signer_is_judged_by_our_clock__CV_23(now: datetime) -> None:
    assert refusal(Trial(now=now)) is DocumentUntrusted


@pytest.mark.parametrize("now", [BEGIN, END])
def test_a_signer_counts_from_its_first_to_its_last_second__CV_23(now: datetime) -> None:
    assert Trial(now=now).run().signer.at == now


def clone(key: Key, **changes: Any) -> SoftChip:
    return replace(good_chip(), key=key, **changes)


GENUINE_NOT: dict[str, Callable[[], Trial]] = {
    "a clone: the files, another key": lambda: Trial(chip=clone(OTHER_KEY)),
    "a clone with a P-384 key": lambda: Trial(chip=clone(ec.generate_private_key(ec.SECP384R1()))),
    "a clone with an RSA key": lambda: Trial(chip=clone(rsa_key())),
    "read for another site": lambda: Trial(origin="https://eid.example.attacker.example"),
    "read for another port": lambda: Trial(origin=f"{ORIGIN}:8443"),
    "read for a slash more": lambda: Trial(origin=f"{ORIGIN}/"),
    "an answer to an older challenge": lambda: Trial(nonce=fresh().nonce),
    "the nonce in other letters": lambda: Trial(nonce="A" * 44),
    "another hash than DG14 says": lambda: Trial(
        chip=make_chip(good_signer(), digest="sha512", more={14: AA_SHA256})
    ),
    "another hash than the curve asks for": lambda: Trial(
        chip=make_chip(good_signer(), digest="sha512")
    ),
    "a weak RSA chip": lambda: Trial(chip=make_chip(good_signer(), active_key=spki(rsa_key(1024)))),
    "a key that is none": lambda: Trial(chip=make_chip(good_signer(), active_key=b"\x30\x00")),
    "DER instead of raw": lambda: Trial(
        members={"activeAuthentication": text(OTHER_KEY.sign(b"x", ec.ECDSA(SHA256())))}
    ),
    "nothing but zeros": lambda: Trial(members={"activeAuthentication": text(bytes(64))}),
}


@pytest.mark.parametrize("which", GENUINE_NOT)
def test_a_chip_that_is_not_the_one_is_refused__CV_04_CV_51_CV_54(which: str) -> None:
    assert refusal(GENUINE_NOT[which]()) is ChipNotGenuine


UNREADABLE: dict[str, Callable[[], SoftChip]] = {
    "no EF.SOD": lambda: replace(good_chip(), sod=good_chip().sod[4:]),
    "an octet behind EF.SOD": lambda: replace(good_chip(), sod=good_chip().sod + b"\x00"),
    "EF.SOD cut short": lambda: replace(good_chip(), sod=good_chip().sod[:-1]),
    "no container": lambda: replace(good_chip(), sod=tlv("77", b"\x30\x00")),
    "signed data of another kind": lambda: sod_of(listed(), content_type=MASTER_LIST),
    "no security object inside": lambda: sod_of(b"\x30\x00"),
    "no certificate inside": lambda: sod_of(listed(), change=drop_certificates),
    "a passport's zone": lambda: make_chip(good_signer(), ("P" * 44, "<" * 44, "")),
    "a wrong check digit": lambda: make_chip(
        good_signer(), ("IDVNM1900000016001190000001<<6", *ZONE[1:])
    ),
    "a number that contradicts itself": lambda: make_chip(
        good_signer(), ("IDVNM1900000015001190000002<<7", "9001158F3001156VNM<<<<<<<<<<<4", ZONE[2])
    ),
    "DG14 that is no DG14": lambda: make_chip(good_signer(), more={14: tlv("6e", b"\x30\x00")}),
    "DG15 in another wrapper": lambda: make_chip(
        good_signer(), more={15: tlv("6e", spki(OTHER_KEY))}
    ),
}


def drop_certificates(signed_data: Any) -> None:
    signed_data["certificates"] = []


@pytest.mark.parametrize("which", UNREADABLE)
def test_files_that_cannot_be_read_are_refused_as_such__CV_40_CV_41(which: str) -> None:
    assert refusal(Trial(chip=UNREADABLE[which]())) is BadChipData


def test_no_day_of_the_calendar_on_another_country_s_card_is_unreadable() -> None:
    signer = abroad().signer(ec.generate_private_key(ec.BrainpoolP256R1()))
    never = (GERMAN_ZONE[0], "8001014M3013313D<<<<<<<<<<<<<8", GERMAN_ZONE[2])
    assert refusal(Trial(chip=make_chip(signer, never))) is BadChipData


def test_a_document_is_good_to_the_end_of_its_last_day_in_vietnam() -> None:
    zone = (ZONE[0], "9001158F2603025VNM<<<<<<<<<<<6", ZONE[2])
    chip = make_chip(good_signer(), zone)
    last = datetime(2026, 3, 2, 16, 59, 59, tzinfo=UTC)
    assert Trial(chip=chip, now=last).run().number == "001190000001"
    assert refusal(Trial(chip=chip, now=last + SECOND)) is DocumentExpired
    # Who does not hold the chip does not learn it.
    stolen = replace(chip, key=OTHER_KEY)
    assert refusal(Trial(chip=stolen, now=last + SECOND)) is ChipNotGenuine
