"""`eid trust`: a master list is believed on the word of a CSCA that came by another way."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from unit.cli.installation import DONE, REFUSED, WRONG_USAGE, Run, rows
from unit.keys.pki.makers import Signer, integer, sequence, tlv, usage

from eid.bootstrap.document_trust import document_anchors_of
from eid.bootstrap.material import read_material_of
from keys.cms import sign_data
from keys.errors import CertificateRejected
from keys.pki.foreign import validate_signer

MASTER_LIST = x509.ObjectIdentifier("2.23.136.1.1.2")
LIST_SIGNER = x509.ObjectIdentifier("2.23.136.1.1.3")
NOW = datetime.now(UTC)  # noqa: TID251 - as the command's clock
LATER = NOW + timedelta(hours=1)
BEGIN = NOW.replace(microsecond=0) - timedelta(days=100)
END = BEGIN + timedelta(days=3000)


def name(country: str, common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, country),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def certify(
    subject: x509.Name,
    issuer: Signer | None,
    *extensions: tuple[x509.ExtensionType, bool],
    curve: ec.EllipticCurve | None = None,
) -> Signer:
    key = ec.generate_private_key(curve or ec.SECP256R1())
    signing = issuer.key if issuer else key
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(BEGIN)
        .not_valid_after(END)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False
        )
    )
    for value, critical in extensions:
        builder = builder.add_extension(value, critical=critical)
    return Signer(builder.sign(signing, SHA256()), key)


def csca(country: str, curve: ec.EllipticCurve | None = None) -> Signer:
    return certify(
        name(country, f"{country} invented CSCA"),
        None,
        (x509.BasicConstraints(ca=True, path_length=0), True),
        (usage("key_cert_sign", "crl_sign"), True),
        curve=curve,
    )


@dataclass(frozen=True)
class Publisher:
    """A country that publishes a master list."""

    csca: Signer
    signer: Signer

    def publish(self, folder: Path, certificates: Iterable[x509.Certificate]) -> Path:
        ders = sorted(one.public_bytes(Encoding.DER) for one in certificates)
        content = sequence(integer(0), tlv(0x31, *ders))
        place = folder / "list.ml"
        place.write_bytes(sign_data(content, MASTER_LIST, self.signer.certificate, self.signer.key))
        return place

    def write(self, folder: Path, encoding: Encoding = Encoding.PEM) -> Path:
        place = folder / "csca.pem"
        place.write_bytes(self.csca.certificate.public_bytes(encoding))
        return place


def publisher(country: str = "UT") -> Publisher:
    root = csca(country)
    purpose = x509.ExtendedKeyUsage([LIST_SIGNER])
    signer = certify(
        name(country, f"{country} list signer"),
        root,
        (usage("digital_signature"), True),
        (purpose, True),
    )
    return Publisher(root, signer)


UTOPIA = publisher()
NEIGHBOURS = (csca("XA"), csca("XB"))


def listed(*more: Signer) -> list[x509.Certificate]:
    return [one.certificate for one in (UTOPIA.csca, *NEIGHBOURS, *more)]


def anchors(state: Path) -> list[Path]:
    return sorted((state / "keys" / "pki" / "document-anchors").glob("*"))


@pytest.mark.parametrize("encoding", [Encoding.PEM, Encoding.DER])
def test_a_list_is_taken_once(installed: Run, tmp_path: Path, encoding: Encoding) -> None:
    words = ["trust", "import-master-list", str(UTOPIA.publish(tmp_path, listed()))]
    words += ["--signer", str(UTOPIA.write(tmp_path, encoding))]
    told = installed(*words)
    assert (told.code, told.err) == (DONE, "")
    assert "signed under UT: 3 new, 0 known" in told.out
    assert "after its next start" in told.out
    assert [place.name[:3] for place in anchors(tmp_path)] == ["UT-", "XA-", "XB-"]
    again = installed(*words)
    assert (again.code, "0 new, 3 known" in again.out) == (DONE, True)
    assert rows(tmp_path, "SELECT body FROM audit_event WHERE kind = 'AnchorsImported'") == [
        '{"vouched_by":"UT","added":3}'
    ]


def test_the_list_shows_our_own_first_and_where_the_others_lie(
    installed: Run, tmp_path: Path
) -> None:
    before = installed("trust", "list", COLUMNS="300")
    assert "our own" in before.out
    assert "CN=Not-VNeID Demo CSCA" in before.out
    words = ("trust", "import-master-list", str(UTOPIA.publish(tmp_path, listed())))
    installed(*words, "--signer", str(UTOPIA.write(tmp_path)))
    told = installed("trust", "list").out
    for shown in ("VN", "UT", "XA", "XB", f"{END:%F}"):
        assert shown in told


def test_what_is_not_fit_is_counted_and_the_rest_is_taken(installed: Run, tmp_path: Path) -> None:
    ours, weak = csca("VN"), csca("XC", ec.SECP192R1())
    place = UTOPIA.publish(tmp_path, listed(ours, weak))
    told = installed(
        "trust", "import-master-list", str(place), "--signer", str(UTOPIA.write(tmp_path))
    )
    assert told.code == DONE
    assert "3 new" in told.out
    assert "2 not taken" in told.out
    assert "1 wrong_country" in told.out
    assert not any(place.name.startswith(("VN", "XC")) for place in anchors(tmp_path))


def test_a_list_that_vouches_for_itself_is_refused(installed: Run, tmp_path: Path) -> None:
    stranger = publisher("UT")
    place = stranger.publish(tmp_path, listed())
    told = installed(
        "trust", "import-master-list", str(place), "--signer", str(UTOPIA.write(tmp_path))
    )
    assert told.code == REFUSED
    assert "untrusted" in told.err
    assert "name the CSCA that issued the list's signer" in told.err
    assert anchors(tmp_path) == []


def test_a_document_signer_vouches_for_nobody(installed: Run, tmp_path: Path) -> None:
    plain = certify(
        name("UT", "a document signer"), UTOPIA.csca, (usage("digital_signature"), True)
    )
    place = Publisher(UTOPIA.csca, plain).publish(tmp_path, listed())
    told = installed(
        "trust", "import-master-list", str(place), "--signer", str(UTOPIA.write(tmp_path))
    )
    assert (told.code, "wrong_purpose" in told.err) == (REFUSED, True)
    assert anchors(tmp_path) == []


def test_our_own_country_s_authority_is_named_as_such(installed: Run, tmp_path: Path) -> None:
    ours = tmp_path / "keys" / "pki" / "csca.cer"
    place = UTOPIA.publish(tmp_path, listed())
    told = installed("trust", "import-master-list", str(place), "--signer", str(ours))
    assert told.code == REFUSED
    assert "a CSCA of VN, our own country" in told.err
    assert "name the CSCA of the country that published the list" in told.err


def test_an_altered_list_is_to_be_fetched_again(installed: Run, tmp_path: Path) -> None:
    place = UTOPIA.publish(tmp_path, listed())
    der = bytearray(place.read_bytes())
    der[der.index(b"XA invented")] ^= 0x01
    place.write_bytes(der)
    told = installed(
        "trust", "import-master-list", str(place), "--signer", str(UTOPIA.write(tmp_path))
    )
    assert (told.code, "altered after it was signed" in told.err) == (REFUSED, True)
    assert anchors(tmp_path) == []


def test_the_signer_of_a_list_is_no_authority(installed: Run, tmp_path: Path) -> None:
    place, signer = UTOPIA.publish(tmp_path, listed()), tmp_path / "signer.cer"
    signer.write_bytes(UTOPIA.signer.certificate.public_bytes(Encoding.DER))
    told = installed("trust", "import-master-list", str(place), "--signer", str(signer))
    assert (told.code, "not the list's own signer" in told.err) == (REFUSED, True)


@pytest.mark.parametrize(
    ("master_list", "signer"),
    [
        (b"", None),
        (b"0\x03\x02\x01\x00", None),
        (None, b""),
        (None, b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
    ],
)
def test_what_cannot_be_read_is_refused(
    installed: Run, tmp_path: Path, master_list: bytes | None, signer: bytes | None
) -> None:
    place, certificate = UTOPIA.publish(tmp_path, listed()), UTOPIA.write(tmp_path)
    if master_list is not None:
        place.write_bytes(master_list)
    if signer is not None:
        certificate.write_bytes(signer)
    told = installed("trust", "import-master-list", str(place), "--signer", str(certificate))
    assert told.code == REFUSED
    assert ("no CSCA master list" if signer is None else "--signer") in told.err
    assert anchors(tmp_path) == []


def test_a_signer_must_be_named(installed: Run, tmp_path: Path) -> None:
    place = UTOPIA.publish(tmp_path, listed())
    assert installed("trust", "import-master-list", str(place)).code == WRONG_USAGE


# Revoked signers


def own_serial(state: Path) -> str:
    der = (state / "keys" / "pki" / "document_signer.cer").read_bytes()
    return f"{x509.load_der_x509_certificate(der).serial_number:x}"


def revoked_file(state: Path) -> Path:
    return state / "keys" / "pki" / "document-anchors" / "revoked-signers.txt"


def revoked_events(state: Path) -> list[str]:
    return rows(state, "SELECT body FROM audit_event WHERE kind = 'SignerRevoked'")


def test_a_revoked_signer_is_kept_listed_and_told(installed: Run, tmp_path: Path) -> None:
    told = installed("trust", "revoke-signer", "5F:3A:09", "--country", "VN")
    assert (told.code, told.err) == (DONE, "")
    assert "next start" in told.out
    assert installed("trust", "revoke-signer", "7", "--country", "VN").code == DONE
    assert revoked_file(tmp_path).read_text() == "VN 5f3a09\nVN 7\n"
    assert "revoked: document signer VN 5f3a09" in installed("trust", "list").out
    assert revoked_events(tmp_path) == [
        '{"country":"VN","serial":"5f3a09"}',
        '{"country":"VN","serial":"7"}',
    ]
    assert "2 document signers revoked" in installed("doctor", COLUMNS="300").out


@pytest.mark.parametrize(
    ("serial", "country", "reason"),
    [
        ("xyz", "VN", "hexadecimal"),
        ("-5", "VN", "hexadecimal"),
        ("", "VN", "hexadecimal"),
        ("1" * 41, "VN", "hexadecimal"),
        ("5f", "vn", "two capitals"),
        ("5f", "Vietnam", "two capitals"),
        ("5f", "XZ", "nobody is believed for XZ"),
        ("6A", "VN", "already"),
    ],
)
def test_a_slip_of_the_pen_revokes_nobody(
    installed: Run, tmp_path: Path, serial: str, country: str, reason: str
) -> None:
    installed("trust", "revoke-signer", "6a", "--country", "VN")
    before = revoked_file(tmp_path).read_text()
    told = installed("trust", "revoke-signer", "--country", country, "--", serial)
    assert told.code == REFUSED
    assert reason in told.err
    assert (revoked_file(tmp_path).read_text(), len(revoked_events(tmp_path))) == (before, 1)


@pytest.mark.parametrize("line", ["5f3a09", "VN", "VN 5g", "vn 5f", "VN 5f 60", "\xff"])
def test_a_line_that_cannot_be_read_stops_the_start(
    installed: Run, tmp_path: Path, line: str
) -> None:
    place = revoked_file(tmp_path)
    place.parent.mkdir()
    place.write_bytes(f"# ours\n\nVN 5f # lost on the way\n{line}\n".encode("latin-1"))
    told = installed("doctor")
    assert told.code == REFUSED
    assert "revoked-signers.txt" in told.err
    assert installed("trust", "list").code == REFUSED


def test_notes_of_the_operator_stay(installed: Run, tmp_path: Path) -> None:
    place = revoked_file(tmp_path)
    place.parent.mkdir()
    place.write_text("# ours\nVN 5f # lost on the way")
    installed("trust", "revoke-signer", "60", "--country", "VN")
    assert place.read_text() == "# ours\nVN 5f # lost on the way\nVN 60\n"


def test_our_own_signer_can_be_revoked_and_signs_no_card_then(
    installed: Run, tmp_path: Path
) -> None:
    assert installed("trust", "revoke-signer", own_serial(tmp_path), "--country", "VN").code == DONE
    told = installed("doctor")
    assert told.code == REFUSED
    assert "our own document signer" in told.err
    told = installed("card-orders", "--out", str(tmp_path / "orders"))
    assert told.code == REFUSED
    assert "is revoked" in told.err
    folder = tmp_path / "keys" / "pki"
    anchors_at_start = document_anchors_of(folder, read_material_of(folder))
    with pytest.raises(CertificateRejected) as refused:
        validate_signer((folder / "document_signer.cer").read_bytes(), anchors_at_start, LATER)
    assert refused.value.reason == "revoked"


def test_a_strange_file_among_the_anchors_is_named(installed: Run, tmp_path: Path) -> None:
    folder = tmp_path / "keys" / "pki" / "document-anchors"
    folder.mkdir()
    (folder / "VN-mine.cer").write_bytes(csca("VN").certificate.public_bytes(Encoding.DER))
    told = installed("trust", "list")
    assert told.code == REFUSED
    assert "VN-mine.cer" in told.err
