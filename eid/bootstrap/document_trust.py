"""Whose travel documents are believed: our own CSCA, and other countries' as files in a folder.

A file is a CSCA certificate (DER), named for its country and its SHA-256. The folder is the
operator's: what an import put there can be taken away again by deleting the file.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from eid.bootstrap.revoked_signers import read_revoked_signers, write_revoked_signer
from eid.errors import BadDocument, Misconfigured, Refused
from keys.errors import CertificateRejected, CmsMalformed, KeysError
from keys.pki.anchors import DocumentAnchors, SignerNumber, read_csca
from keys.pki.ceremony import Material
from keys.pki.foreign import read_master_list
from keys.pki.foreign_keys import country_of
from keys.pki.profiles import CSCA, DOCUMENT_SIGNER

FOLDER: Final = "document-anchors"
_PEM: Final = b"-----BEGIN CERTIFICATE-----"
_SHOWN: Final = 16  # hexadecimal digits of the SHA-256 in a file's name


@dataclass(frozen=True, slots=True)
class TrustedCountry:
    """One CSCA whose documents are believed. `place` is its file; None for our own."""

    country: str
    subject: str
    until: datetime
    place: Path | None


@dataclass(frozen=True, slots=True)
class MasterListReport:
    """What became of a list's certificates.

    Attributes:
        country: who vouches for them.
        fresh: those that are new here, DER, by the name of their file.
        known: how many were here before.
        refused: how many were not fit, by reason.
    """

    country: str
    fresh: Mapping[str, bytes]
    known: int
    refused: Mapping[str, int]


def document_anchors_of(folder: Path, material: Material) -> DocumentAnchors:
    """Read whom we believe.

    Args:
        folder: where the ceremony put its certificates; imported ones lie in a folder inside.
        material: what the ceremony left.

    Raises:
        Misconfigured: a file there is no CSCA certificate that we may believe, or a line about
            revoked signers cannot be read.
    """
    imported = {place: place.read_bytes() for place in _places(folder)}
    for place, der in imported.items():
        try:
            material.document_anchors([der])
        except KeysError as problem:
            raise Misconfigured(f"{place}: {problem}: take it away") from problem
    return material.document_anchors(imported.values(), revoked_signers(folder))


def revoked_signers(folder: Path) -> Sequence[SignerNumber]:
    """Which document signers are believed no more; raises `Misconfigured`."""
    return read_revoked_signers(folder / FOLDER)


def require_revocable(folder: Path, material: Material, signer: SignerNumber) -> None:
    """Look before a document signer is revoked.

    Raises:
        Refused: it is revoked already, or its country is not believed anyway: a slip of the pen.
    """
    if not document_anchors_of(folder, material).of(signer.country):
        raise Refused(f"nobody is believed for {signer.country}: eid trust list")
    if signer in revoked_signers(folder):
        raise Refused(f"{signer} is revoked already")


def revoke_signer(folder: Path, signer: SignerNumber) -> None:
    """Believe a document signer no more, from the next start on."""
    write_revoked_signer(folder / FOLDER, signer)


def require_signer(folder: Path, material: Material) -> None:
    """Raise `Misconfigured` if our own document signer is revoked: nobody would believe a card."""
    own = material.minted[DOCUMENT_SIGNER.name].certificate
    number = SignerNumber(country_of(own.subject), own.serial_number)
    if number in revoked_signers(folder):
        raise Misconfigured(
            f"our own document signer ({number}) is revoked: no chip that it signed is believed, "
            "and none is made. `eid ceremony --replace` makes new authorities, and every card must "
            "then be made anew"
        )


def trusted_countries(folder: Path, material: Material) -> Sequence[TrustedCountry]:
    """Every CSCA that is believed, our own first.

    Raises:
        Misconfigured: as `document_anchors_of`.
    """
    document_anchors_of(folder, material)
    own = material.minted[CSCA.name].certificate
    rows: list[tuple[bytes, Path | None]] = [(own.public_bytes(Encoding.DER), None)]
    rows += [(place.read_bytes(), place) for place in _places(folder)]
    return [_told(der, place) for der, place in rows]


def read_list(
    folder: Path, material: Material, master_list: bytes, signer: bytes, at: datetime
) -> MasterListReport:
    """Read a CSCA master list (ICAO Doc 9303-12, 5) and say what of it is new; nothing is kept.

    Args:
        folder: as for `document_anchors_of`.
        material: what the ceremony left.
        master_list: the list, as its publisher signed it (CMS, DER).
        signer: the CSCA certificate (PEM or DER) under which it is signed, from elsewhere than the
            list: a list that vouches for itself proves nothing.
        at: when.

    Raises:
        BadDocument: `signer` is no certificate.
        Refused: the list is not signed under it, or cannot be read; with what to do next.
    """
    anchors = _anchors_of_list(material, _der(signer))
    try:
        vouched = read_master_list(master_list, anchors, at)
    except KeysError as problem:
        raise Refused(f"nothing is taken: {_advice(problem)} ({problem})") from problem
    fresh: dict[str, bytes] = {}
    refused: Counter[str] = Counter()
    here = {place.name for place in _places(folder)}
    known = 0
    for der in vouched.certificates:
        try:
            material.document_anchors([der])
            name = _name(der)
        except CertificateRejected as problem:
            refused[problem.reason] += 1
            continue
        if name in here or name in fresh:
            known += 1
        else:
            fresh[name] = der
    return MasterListReport(vouched.country, fresh, known, refused)


def keep_list(folder: Path, report: MasterListReport) -> None:
    """Put what is new into the folder, each file whole or not at all."""
    place = folder / FOLDER
    place.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name, der in report.fresh.items():
        unfinished = place / f"{name}.new"
        unfinished.write_bytes(der)
        unfinished.replace(place / name)


def _places(folder: Path) -> Sequence[Path]:
    return sorted((folder / FOLDER).glob("*.cer"))


def _anchors_of_list(material: Material, signer: bytes) -> DocumentAnchors:
    """Say under whom a list may be signed."""
    try:
        country = read_csca(signer).country
    except CertificateRejected as problem:
        raise Refused(
            f"nothing is taken: --signer is no CSCA certificate fit for us ({problem}); "
            "name the certificate of the country's signing authority, not the list's own signer"
        ) from problem
    try:
        return material.document_anchors([signer])
    except CertificateRejected as problem:
        raise Refused(
            f"nothing is taken: --signer is a CSCA of {country}, our own country, for which our "
            "ceremony alone speaks; name the CSCA of the country that published the list"
        ) from problem


def _advice(problem: KeysError) -> str:
    """What to do about a list that is not believed."""
    match problem:
        case CmsMalformed():
            return (
                "the file is no CSCA master list as its publisher signs it (CMS, DER); fetch the "
                ".ml file itself, and take it out of an archive, LDIF or PEM first"
            )
        case CertificateRejected(reason="untrusted"):
            return (
                "the list is not signed under the certificate of --signer; name the CSCA that "
                "issued the list's signer, got from its country and not out of the list"
            )
        case CertificateRejected(reason="expired" | "not_yet_valid"):
            return "the certificate of the list's signer is not valid today; fetch the newest list"
        case CertificateRejected():
            return "who signed the list may sign no master lists; fetch it from its publisher again"
    return "the list was altered after it was signed; fetch it from its publisher again"


def _name(der: bytes) -> str:
    return f"{read_csca(der).country}-{sha256(der).hexdigest()[:_SHOWN]}.cer"


def _told(der: bytes, place: Path | None) -> TrustedCountry:
    csca = read_csca(der)
    certificate = csca.certificate
    return TrustedCountry(
        country=csca.country,
        subject=certificate.subject.rfc4514_string(),
        until=certificate.not_valid_after_utc,
        place=place,
    )


def _der(certificate: bytes) -> bytes:
    """A certificate file's content as DER."""
    if _PEM not in certificate:
        return certificate
    try:
        return x509.load_pem_x509_certificate(certificate).public_bytes(Encoding.DER)
    except ValueError as problem:
        raise BadDocument(
            "the file of --signer cannot be read; name a certificate in PEM or DER"
        ) from problem
