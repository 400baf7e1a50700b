"""A stranger checks our containers, and we check a stranger's: `openssl cms`."""

import subprocess
from functools import cache
from pathlib import Path

import pytest
from builders import NOW
from chips_for_tests import MASTER_LIST, SECURITY_OBJECT, ZONE, Country, Signer, der
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509 import ObjectIdentifier
from unit.keys.pki.held import MATERIAL, VAULT
from unit.keys.pki.makers import NOW as THEN

from eid.emrtd.data_groups import build_dg1
from eid.emrtd.security_object import (
    build_security_object,
    read_security_object,
    unwrap_sod,
    wrap_sod,
)
from keys.cms import open_signed_data, signer_certificate, verify_signed_data
from keys.pki.anchors import DocumentAnchors
from keys.pki.document_signer import DocumentSigner
from keys.pki.foreign import validate_signer
from keys.pki.profiles import CSCA, DOCUMENT_SIGNER

CONTENT = b"the hashes of a chip"


def openssl(*arguments: str | Path) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["openssl", "cms", *arguments], check=False, capture_output=True)


@cache
def security_object() -> bytes:
    return build_security_object({1: build_dg1(ZONE), 15: b"\x6f\x02\x30\x00"})


@pytest.fixture
def sealed(tmp_path: Path) -> tuple[Path, Path]:
    """EF.SOD's container as our document signer makes it, and our root."""
    own = MATERIAL.minted[DOCUMENT_SIGNER.name]
    seal = DocumentSigner(own.certificate, VAULT, own.handle)
    file = wrap_sod(seal.sign(security_object(), ObjectIdentifier(SECURITY_OBJECT)))
    container, root = tmp_path / "sod.der", tmp_path / "root.pem"
    container.write_bytes(unwrap_sod(file))
    root.write_bytes(MATERIAL.minted[CSCA.name].certificate.public_bytes(Encoding.PEM))
    return container, root


def verified(container: Path, root: Path) -> subprocess.CompletedProcess[bytes]:
    at = str(int(THEN.timestamp()))
    return openssl(
        *("-verify", "-inform", "DER", "-in", container, "-CAfile", root),
        *("-purpose", "any", "-binary", "-attime", at),
    )


def test_openssl_believes_our_security_object(sealed: tuple[Path, Path]) -> None:
    said = verified(*sealed)
    assert (said.returncode, said.stdout) == (0, security_object())
    assert set(read_security_object(said.stdout).hashes) == {1, 15}


def test_openssl_sees_that_our_security_object_was_altered(sealed: tuple[Path, Path]) -> None:
    container, root = sealed
    whole = bytearray(container.read_bytes())
    whole[whole.index(security_object()) + 60] ^= 1
    container.write_bytes(bytes(whole))
    assert verified(container, root).returncode == 4


def test_openssl_does_not_believe_it_under_another_root(
    sealed: tuple[Path, Path], tmp_path: Path
) -> None:
    other = x509.load_der_x509_certificate(Country("VN").csca.certificate)
    root = tmp_path / "other.pem"
    root.write_bytes(other.public_bytes(Encoding.PEM))
    assert verified(sealed[0], root).returncode == 4


SIGNERS: dict[str, tuple[ec.EllipticCurve | None, tuple[str, ...]]] = {
    "P-256": (ec.SECP256R1(), ()),
    "brainpoolP384r1": (ec.BrainpoolP384R1(), ("-md", "sha384")),
    "RSA": (None, ("-md", "sha512")),
    "RSASSA-PSS": (
        None,
        ("-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:32"),
    ),
}


def signed(tmp_path: Path, signer: Signer, *options: str) -> bytes:
    """What openssl signs with that key."""
    content, pem, container = tmp_path / "content", tmp_path / "signer.pem", tmp_path / "cms.der"
    content.write_bytes(CONTENT)
    private = signer.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    certificate = x509.load_der_x509_certificate(signer.certificate)
    pem.write_bytes(certificate.public_bytes(Encoding.PEM) + private)
    files: tuple[str | Path, ...] = ("-in", content, "-signer", pem, "-out", container)
    made = openssl("-sign", "-nodetach", "-binary", "-outform", "DER", *files, *options)
    assert made.returncode == 0, made.stderr
    return container.read_bytes()


@pytest.mark.parametrize("by_key", [False, True])
@pytest.mark.parametrize("which", SIGNERS)
def test_we_believe_what_openssl_signs(tmp_path: Path, which: str, *, by_key: bool) -> None:
    curve, options = SIGNERS[which]
    key = ec.generate_private_key(curve) if curve else rsa.generate_private_key(65537, 2048)
    abroad = Country("DE")
    signer = abroad.signer(key)
    kind = ("-econtent_type", SECURITY_OBJECT, *(["-keyid"] if by_key else []))
    claimed = open_signed_data(signed(tmp_path, signer, *kind, *options))
    home = x509.load_der_x509_certificate(Country("VN").csca.certificate)
    anchors = DocumentAnchors([home], [abroad.csca.certificate])
    trusted = validate_signer(signer_certificate(claimed), anchors, NOW)
    assert der(trusted.certificate) == signer.certificate
    proved = verify_signed_data(claimed, trusted.key)
    assert (proved.content, proved.content_type.dotted_string) == (CONTENT, SECURITY_OBJECT)


def test_a_list_that_openssl_signs_is_a_list(tmp_path: Path) -> None:
    signer = Country("DE").master_list_signer()
    whole = signed(tmp_path, signer, "-econtent_type", MASTER_LIST)
    assert open_signed_data(whole).content_type.dotted_string == MASTER_LIST
