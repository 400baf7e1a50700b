"""For any input: a chip's data are read, or refused by their own error, and that is all."""

from collections.abc import Callable
from contextlib import suppress
from functools import cache

import pytest
from builders import NOW
from chips_for_tests import (
    Country,
    Signer,
    SoftChip,
    active_authentication_info,
    container,
    make_chip,
    security_object,
)
from cryptography import x509
from hypothesis import given, settings
from hypothesis import strategies as st

from eid.domain.challenge import Challenge, ChallengePurpose
from eid.emrtd import tlv
from eid.emrtd.data_groups import build_com, build_dg2, read_com, read_dg1, read_dg2, read_dg15
from eid.emrtd.security_infos import build_card_access, read_card_access, read_dg14
from eid.emrtd.security_object import read_security_object, unwrap_sod
from eid.errors import (
    BadChipData,
    ChipNotGenuine,
    DocumentAltered,
    DocumentUntrusted,
)
from eid.proofs.document import authenticate_document, read_chip_reading
from eid.vietnam.citizen_data import CitizenData, build_dg13, read_dg13
from keys.cms import open_master_list, open_signed_data, signer_certificate, verify_signed_data
from keys.errors import CertificateRejected, CmsMalformed, SignatureInvalid
from keys.pki.anchors import DocumentAnchors, read_csca
from keys.pki.foreign_keys import read_certificate, read_key

JPEG = bytes.fromhex("ffd8 ffc00011 08 0004 0003 03") + b"..."


@cache
def country() -> Country:
    return Country("VN")


@cache
def signer() -> Signer:
    return country().signer()


@cache
def chip() -> SoftChip:
    return make_chip(signer(), more={14: active_authentication_info()})


READERS: dict[str, tuple[Callable[[bytes], object], Callable[[], bytes]]] = {
    "EF.COM": (read_com, lambda: build_com([1, 2, 15])),
    "DG1": (read_dg1, lambda: chip().files[1]),
    "DG2": (read_dg2, lambda: build_dg2(JPEG)),
    "DG13": (read_dg13, lambda: build_dg13(CitizenData(name="Mẫu", father="A", mother="B"))),
    "DG14": (read_dg14, lambda: chip().files[14]),
    "DG15": (read_dg15, lambda: chip().files[15]),
    "EF.CardAccess": (read_card_access, build_card_access),
    "EF.SOD": (unwrap_sod, lambda: chip().sod),
    "security object": (read_security_object, lambda: security_object(chip().files)),
    "fields": (tlv.fields, lambda: chip().sod),
}
KEYS: dict[str, tuple[Callable[[bytes], object], Callable[[], bytes]]] = {
    "certificate": (read_certificate, lambda: signer().certificate),
    "CSCA": (read_csca, lambda: country().csca.certificate),
    "key": (read_key, lambda: chip().files[15][2:]),
    "container": (open_signed_data, lambda: chip().sod[4:]),
    "master list": (open_master_list, lambda: b"\x30\x05\x02\x01\x00\x31\x00"),
}

mutations = st.lists(
    st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255), st.sampled_from("xid")),
    min_size=1,
    max_size=4,
)


def mutated(whole: bytes, changes: list[tuple[float, int, str]]) -> bytes:
    """Replace, insert or delete an octet here and there."""
    octets = bytearray(whole)
    for where, octet, how in changes:
        at = int(where * len(octets))
        octets[at : at + (how != "i")] = b"" if how == "d" else bytes([octet])
    return bytes(octets)


@pytest.mark.parametrize("which", READERS)
@given(st.binary(max_size=300))
@settings(max_examples=50, deadline=None)
def test_any_bytes__CV_44(which: str, data: bytes) -> None:
    with suppress(BadChipData):
        READERS[which][0](data)


@pytest.mark.parametrize("which", READERS)
@given(mutations)
@settings(max_examples=100, deadline=None)
def test_a_good_file_with_some_octets_changed__CV_41_CV_44(
    which: str, changes: list[tuple[float, int, str]]
) -> None:
    read, good = READERS[which]
    read(good())
    with suppress(BadChipData):
        read(mutated(good(), changes))


@pytest.mark.parametrize("which", KEYS)
@given(mutations)
@settings(max_examples=100, deadline=None)
def test_a_good_certificate_or_container_with_some_octets_changed__CV_40_CV_44(
    which: str, changes: list[tuple[float, int, str]]
) -> None:
    read, good = KEYS[which]
    read(good())
    with suppress(CertificateRejected, CmsMalformed):
        read(mutated(good(), changes))


@pytest.mark.parametrize("which", KEYS)
@given(st.binary(max_size=300))
@settings(max_examples=50, deadline=None)
def test_any_bytes_as_der__CV_40_CV_44(which: str, data: bytes) -> None:
    with suppress(CertificateRejected, CmsMalformed):
        KEYS[which][0](data)


@given(mutations)
@settings(max_examples=150, deadline=None)
def test_a_container_proves_its_content_or_nothing__CV_44(
    changes: list[tuple[float, int, str]],
) -> None:
    content = b"what was signed"
    whole = container(content, signer())
    with suppress(CmsMalformed, SignatureInvalid):
        claimed = open_signed_data(mutated(whole, changes))
        signer_certificate(claimed)
        public_key = read_certificate(signer().certificate).key
        assert verify_signed_data(claimed, public_key).content == content


@cache
def anchors() -> DocumentAnchors:
    return DocumentAnchors([x509.load_der_x509_certificate(country().csca.certificate)])


ORIGIN = "https://eid.example"
NONCE = "A" * 43 + "="
CHALLENGE = Challenge(NONCE, ChallengePurpose.LOGIN, ORIGIN, b"b" * 32, NOW, NOW)


@given(mutations, st.sampled_from(["sod", "1", "14", "15"]))
@settings(max_examples=150, deadline=None)
def test_a_reading_proves_its_holder_or_nothing__CV_44(
    changes: list[tuple[float, int, str]], which: str
) -> None:
    files, sod = dict(chip().files), chip().sod
    if which == "sod":
        sod = mutated(sod, changes)
    else:
        files[int(which)] = mutated(files[int(which)], changes)
    changed = SoftChip(files, sod, chip().key)
    with suppress(BadChipData, DocumentUntrusted, DocumentAltered, ChipNotGenuine):
        reading = read_chip_reading(changed.reading(ORIGIN, NONCE))
        proved = authenticate_document(reading, CHALLENGE, anchors(), NOW)
        assert proved.data_groups == chip().files
        assert proved.number == "001190000001"
