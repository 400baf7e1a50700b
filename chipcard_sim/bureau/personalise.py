"""Making cards: an order becomes a chip and its key report, a pack makes the chip a locked card.

Both verbs may be repeated: the same paper again changes nothing and gives the same result.
"""

import uuid
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from chipcard_sim.applications import APPLICATIONS
from chipcard_sim.bureau.documents import (
    CardOrder,
    CardPack,
    KeyReport,
    MadeKey,
    MadeObject,
    WantedKey,
    as_base64,
    build_order,
    build_pack,
    build_report,
    read_order,
    read_report,
)
from chipcard_sim.bureau.jobs import Job, OrderConflict
from chipcard_sim.bureau.management_key import WELL_KNOWN, ManagementKey
from chipcard_sim.bureau.members import DocumentMalformed
from chipcard_sim.bureau.objects import (
    CARD_CAPABILITIES,
    CARDHOLDER_IDENTIFIER,
    CERTIFICATES,
    DISCOVERY,
    KEY_HISTORY,
    PRINTED_INFORMATION,
    SECURITY_OBJECT,
    SIGNED,
    build_card_capabilities,
    build_cardholder_identifier,
    build_certificate,
    build_discovery,
    build_key_history,
    build_printed_information,
    build_security_object,
)
from chipcard_sim.bureau.passport import check_passport_files, check_security_object
from chipcard_sim.bureau.plastic import plastic_of, print_plastic
from chipcard_sim.chip.card import Card
from chipcard_sim.iso7816.transport import Transport
from chipcard_sim.terminal.access_key import AccessKey
from chipcard_sim.terminal.certificates import read_certificate
from chipcard_sim.terminal.errors import CardRefused, NotACard, UnusableAccessKey
from chipcard_sim.terminal.personalisation import FactoryClient
from chipcard_sim.terminal.piv import PivClient


def make_chip(
    order: CardOrder, folder: Path, pin: str, puk: str, management_key: ManagementKey = WELL_KNOWN
) -> KeyReport:
    """Make `<folder>/<document number>.card`, its keys generated on the chip, and report them.

    The same order again returns the same report and makes no new keys.

    Raises:
        OrderConflict: the order identifier or the document number was used for something else.
        DocumentMalformed: no password can be made of the order's machine readable zone.
        UnusablePin: PIN or PUK has not the form of one.
    """
    passwords = _passwords(order)
    job = Job(folder, order.order)
    place = _place(folder, order)
    kept = job.read("report")
    if kept is None and place.exists():
        raise OrderConflict(f"there is already a card {order.document_number}")
    job.keep_once("order", build_order(order))
    if kept is None:
        # A chip that was never reported is nobody's: begin again.
        job.chip.unlink(missing_ok=True)
        factory = _blank(job.chip, pin, puk, management_key)
        for password in passwords:
            factory.set_password(password.number, password.secret)
        job.keep("report", build_report(_generate(factory, order)))
    if job.chip.exists():
        _hand_over(job.chip, place)
    return _report(job)


def write_pack(pack: CardPack, folder: Path) -> None:
    """Write a pack to the chip of its order, name the card, lock it, and print it.

    Raises:
        DocumentMalformed: a certificate or the portrait cannot be read.
        OrderConflict: no chip was made for the order, or the pack does not fit that chip.
    """
    job = Job(folder, pack.order)
    order, report = _order(job), _report(job)
    _check_fit(pack, order, report)
    plastic = plastic_of(order, pack)
    job.keep_once("pack", build_pack(pack))
    place = _place(folder, order)
    if not place.exists():
        raise OrderConflict(f"the card {order.document_number} is no longer here")
    card = Card.open(place, applications=APPLICATIONS)
    factory = FactoryClient(card)
    if _is_open(factory):
        _write(factory, pack, report, order)
    elif not _holds(card, pack):
        raise OrderConflict(f"the card {order.document_number} is locked, with other certificates")
    print_plastic(place, plastic)


def _blank(place: Path, pin: str, puk: str, management_key: ManagementKey) -> FactoryClient:
    """A new chip with its secrets, its factory door open."""
    # A random UUID: the serial is also the card's GUID (SP 800-73-4, part 1, 3.4.1).
    serial = uuid.uuid4().bytes
    factory = FactoryClient(Card.create(place, serial=serial, applications=APPLICATIONS))
    factory.select()
    factory.set_pin(pin)
    factory.set_puk(puk)
    factory.set_management_key(management_key.algorithm, management_key.key)
    return factory


def _passwords(order: CardOrder) -> tuple[AccessKey, ...]:
    """What opens the passport application, both printed on the card; none where it has none."""
    if order.can is None:
        return ()
    try:
        return AccessKey.from_mrz(order.mrz), AccessKey.from_can(order.can)
    except UnusableAccessKey as error:
        raise DocumentMalformed("mrz", str(error)) from error


def _generate(factory: FactoryClient, order: CardOrder) -> KeyReport:
    keys = tuple(_make_key(factory, order.card, wanted) for wanted in order.keys)
    serial = factory.select()
    return KeyReport(order.order, order.card, serial, keys, _hashes(_objects(serial, order)))


def _hand_over(chip: Path, place: Path) -> None:
    if place.exists():
        raise OrderConflict(f"there is already a card {place.stem}")
    chip.replace(place)


def _make_key(factory: FactoryClient, card: str, wanted: WantedKey) -> MadeKey:
    """Generate a key on the chip and have it prove that it is there, for this card and slot."""
    slot = int(wanted.slot, 16)
    public_key = factory.generate_key(slot, wanted.algorithm)
    claim = f"eid.key-report:1|{card}|{wanted.slot}|{as_base64(public_key)}"
    proof = factory.sign_proof(slot, sha256(claim.encode()).digest())
    return MadeKey(wanted.slot, public_key, proof)


def _objects(guid: bytes, order: CardOrder) -> Mapping[int, bytes]:
    """The objects that a card of this order has, but for certificates: always the same."""
    printed = (order.holder.latin_name, order.document_number, order.mrz[0][2:5])
    return {
        CARDHOLDER_IDENTIFIER: build_cardholder_identifier(guid, order.valid_until),
        CARD_CAPABILITIES: build_card_capabilities(guid),
        DISCOVERY: build_discovery(),
        KEY_HISTORY: build_key_history(),
        PRINTED_INFORMATION: build_printed_information(*printed, order.valid_until),
    }


def _hashes(objects: Mapping[int, bytes]) -> tuple[MadeObject, ...]:
    return tuple(MadeObject(f"{tag:X}", sha256(objects[tag]).digest()) for tag in SIGNED)


def _write(factory: FactoryClient, pack: CardPack, report: KeyReport, order: CardOrder) -> None:
    for row in pack.certificates:
        factory.put_object(CERTIFICATES[row.slot], build_certificate(row.certificate))
    for file in pack.files:
        factory.put_file(file.file, file.content)
    for tag, content in _objects(report.chip_serial, order).items():
        factory.put_object(tag, content)
    if pack.piv_security_object is not None:
        signed = build_security_object(SIGNED, pack.piv_security_object)
        factory.put_object(SECURITY_OBJECT, signed)
    factory.lock()


def _check_fit(pack: CardPack, order: CardOrder, report: KeyReport) -> None:
    """A certificate for another key would lock a card that can never be used."""
    made = {key.slot: key.public_key for key in report.keys if key.slot in CERTIFICATES}
    if pack.card != report.card:
        raise OrderConflict("the pack is for another card")
    if _certified(pack) != made:
        raise OrderConflict("the certificates are not those of the reported keys, one for each")
    if pack.files and order.can is None:
        raise OrderConflict("the pack has files for a passport application that was not ordered")
    check_passport_files(pack, report)
    check_security_object(pack, _hashes(_objects(report.chip_serial, order)))


def _certified(pack: CardPack) -> Mapping[str, bytes]:
    return {row.slot: _public_key(row.slot, row.certificate) for row in pack.certificates}


def _public_key(slot: str, der: bytes) -> bytes:
    try:
        key = read_certificate(der).public_key()
    except NotACard as error:
        raise DocumentMalformed(f"certificates[{slot}].certificate", "is no X.509") from error
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def _holds(card: Transport, pack: CardPack) -> bool:
    client = PivClient(card)
    client.select()
    try:
        return all(
            client.certificate(int(row.slot, 16)) == row.certificate for row in pack.certificates
        )
    except (CardRefused, NotACard):
        return False


def _is_open(factory: FactoryClient) -> bool:
    try:
        factory.select()
    except NotACard:
        return False
    return True


def _order(job: Job) -> CardOrder:
    kept = job.read("order")
    if kept is None:
        raise OrderConflict(f"order {job.order} never came to this factory")
    return read_order(kept)


def _report(job: Job) -> KeyReport:
    kept = job.read("report")
    if kept is None:
        raise OrderConflict(f"no chip was made for order {job.order}")
    return read_report(kept)


def _place(folder: Path, order: CardOrder) -> Path:
    return folder / f"{order.document_number}.card"
