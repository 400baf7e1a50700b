"""The ceremony: CSCA, document signer, card CA and OCSP responder from one file, once.

The file fixes names, curves and lifetimes; only keys and serial numbers are new each time. Keys are
made in the vault and stay there.
"""

import tomllib
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

import orjson
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from keys.errors import CeremonyRefused, OcspRefused
from keys.pki.anchors import Anchors, DocumentAnchors, SignerNumber, TrustAnchors
from keys.pki.authority import CertificateAuthority, issue_root
from keys.pki.document_signer import DocumentSigner
from keys.pki.ocsp import Responder
from keys.pki.profiles import (
    CARD_AUTHENTICATION,
    CARD_CA,
    CARD_SIGNATURE,
    CSCA,
    DOCUMENT_SIGNER,
    OCSP_RESPONDER,
    PROFILES,
    CertificateProfile,
)
from keys.pki.register import new_serial
from keys.pki.subject import authority_subject
from keys.pki.vault_key import VaultKey
from keys.vault import KeyHandle, Vault

CAST: Final = (
    CSCA,
    DOCUMENT_SIGNER,
    CARD_CA,
    OCSP_RESPONDER,
)  # in the order in which they are certified
_MEMBERS: Final = {"organisation": str, "common_name": str, "algorithm": str, "days": int}


@dataclass(frozen=True, slots=True)
class Part:
    """What the file says about one authority."""

    profile: CertificateProfile
    subject: x509.Name
    algorithm: str
    lifetime: timedelta


@dataclass(frozen=True, slots=True)
class Minted:
    """One certificate of the ceremony, and the name of its key in the vault."""

    certificate: x509.Certificate
    handle: KeyHandle


@dataclass(frozen=True, slots=True)
class Material:
    """What a ceremony leaves behind: by profile name. No private key is in it."""

    minted: Mapping[str, Minted]

    async def authority(self, profile: CertificateProfile, vault: Vault) -> CertificateAuthority:
        """Open an authority, ready to issue; raises VaultClosed if its key is gone."""
        own = self.minted[profile.name]
        await vault.open(own.handle)
        return CertificateAuthority(profile, own.certificate, vault, own.handle)

    async def document_signer(self, vault: Vault) -> DocumentSigner:
        """Open the document signer, ready to sign; raises VaultClosed if its key is gone."""
        own = self.minted[DOCUMENT_SIGNER.name]
        await vault.open(own.handle)
        return DocumentSigner(own.certificate, vault, own.handle)

    async def responder(self, vault: Vault) -> Responder:
        """Open who answers for the card CA's certificates.

        Raises VaultClosed, or OcspRefused (unauthorized) where the ceremony named nobody.
        """
        own = self.minted.get(OCSP_RESPONDER.name)
        if own is None:
            raise OcspRefused("unauthorized")
        await vault.open(own.handle)
        return Responder(self.minted[CARD_CA.name].certificate, own.certificate, vault, own.handle)

    def anchors(self) -> TrustAnchors:
        """Say whom to trust for the certificates on a card."""
        card = Anchors(
            roots=(self.minted[CSCA.name].certificate,),
            issuers=(self.minted[CARD_CA.name].certificate,),
        )
        return TrustAnchors({CARD_AUTHENTICATION: card, CARD_SIGNATURE: card})

    def document_anchors(
        self, imported: Iterable[bytes] = (), revoked: Iterable[SignerNumber] = ()
    ) -> DocumentAnchors:
        """Say whose documents to believe: ours, and those of the imported CSCA (DER).

        No document counts whose signer is revoked.
        """
        return DocumentAnchors([self.minted[CSCA.name].certificate], imported, revoked)

    def certificates(self) -> dict[str, bytes]:
        """Give every certificate as DER, by profile name, to publish."""
        return {
            name: own.certificate.public_bytes(Encoding.DER) for name, own in self.minted.items()
        }


def read_ceremony(text: str) -> tuple[Part, ...]:
    """Read a ceremony file (TOML); raises CeremonyRefused unless it is exactly as wanted."""
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as problem:
        raise CeremonyRefused("not TOML") from problem
    if tables.keys() != {profile.name for profile in CAST}:
        raise CeremonyRefused("one table for each authority, and no other")
    parts = tuple(_part(profile, tables[profile.name]) for profile in CAST)
    if max(part.lifetime for part in parts) > parts[0].lifetime:
        raise CeremonyRefused("nothing outlives its root")
    return parts


async def hold(
    parts: tuple[Part, ...],
    vault: Vault,
    now: datetime,
    *,
    existing: Material | None,
    replace: bool = False,
) -> Material:
    """Make the keys and certificates. They are good from `now`, to the second.

    Raises CeremonyRefused if there is material already, unless told to replace it: cards in the
    field chain to the old root and are then no longer believed. Old keys stay in the vault.
    """
    if existing is not None and not replace:
        raise CeremonyRefused("the ceremony was already held")
    begin = now.replace(microsecond=0)
    minted: dict[str, Minted] = {}
    for part in parts:
        handle = await vault.generate(part.algorithm)
        minted[part.profile.name] = Minted(_certify(part, handle, minted, vault, begin), handle)
    return Material(MappingProxyType(minted))


def dump_material(material: Material) -> bytes:
    """Write the material as JSON, for whoever keeps it. It holds no secret, but wants integrity."""
    rows = {
        name: {"certificate": b64encode(der).decode(), "handle": material.minted[name].handle}
        for name, der in material.certificates().items()
    }
    return orjson.dumps(rows, option=orjson.OPT_INDENT_2)


def read_material(document: bytes) -> Material:
    """Read what `dump_material` wrote; raises CeremonyRefused."""
    try:
        rows = orjson.loads(document)
        minted = {
            profile.name: Minted(
                x509.load_der_x509_certificate(b64decode(rows[profile.name]["certificate"])),
                KeyHandle(rows[profile.name]["handle"]),
            )
            for profile in CAST
            # Ceremonies of the first version named nobody to answer for the card CA.
            if profile is not OCSP_RESPONDER or profile.name in rows
        }
    except (ValueError, KeyError, TypeError) as problem:
        raise CeremonyRefused("not the material of a ceremony") from problem
    return Material(MappingProxyType(minted))


def _part(profile: CertificateProfile, table: object) -> Part:
    if not isinstance(table, dict) or {k: type(v) for k, v in table.items()} != _MEMBERS:
        raise CeremonyRefused(f"{profile.name}: wants {', '.join(_MEMBERS)}, and nothing else")
    lifetime = timedelta(days=table["days"])
    if not timedelta(0) < lifetime <= profile.lifetime:
        raise CeremonyRefused(f"{profile.name}: lifetime outside its profile's")
    if table["algorithm"] not in profile.algorithms:
        raise CeremonyRefused(f"{profile.name}: algorithm outside its profile's")
    subject = authority_subject(table["organisation"], table["common_name"])
    return Part(profile, subject, table["algorithm"], lifetime)


def _certify(
    part: Part, handle: KeyHandle, minted: Mapping[str, Minted], vault: Vault, begin: datetime
) -> x509.Certificate:
    serial, end = new_serial(), begin + part.lifetime
    if part.profile is CSCA:
        key = VaultKey(vault, handle)
        return issue_root(
            part.profile, part.subject, key, serial=serial, not_before=begin, not_after=end
        )
    issuer = PROFILES[part.profile.issuer_profile]
    own = minted[issuer.name]
    authority = CertificateAuthority(issuer, own.certificate, vault, own.handle)
    public_key = vault.public_key(handle)
    return authority.issue(
        part.profile, part.subject, public_key, serial=serial, not_before=begin, not_after=end
    )
