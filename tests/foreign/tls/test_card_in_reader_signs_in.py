"""The card itself, in a PC/SC reader, signs in through the TLS front: no key leaves the chip."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from browser import Page
from cryptography import x509
from cryptography.x509.oid import NameOID
from foreign.pcsc.strangers import hear, run, succeed
from foreign.tls.clients import KeyFiles, first_answer, request_of
from foreign.tls.conftest import Visit
from front import FrontedWorld
from journey import Journey
from virtual_reader import give_up, in_slot, running_daemon
from world import PIN

from chipcard_sim.applications import APPLICATIONS
from chipcard_sim.chip.card import Card

pytestmark = pytest.mark.pcsc
WRONG_PIN = "000000"
KEY = "pkcs11:id=%01;type=private;pin-value={}"
ENGINE = """\
openssl_conf = init
[init]
engines = engines
[engines]
pkcs11 = pkcs11
[pkcs11]
engine_id = pkcs11
MODULE_PATH = {module}
init = 0
"""


@pytest.fixture(scope="module")
def module() -> Path:
    """OpenSC's PKCS#11 module, and OpenSSL's engine for it."""
    found = next(Path("/usr/lib").glob("*/opensc-pkcs11.so"), None)
    if found is None or not any(Path("/usr/lib").glob("*/engines-3/pkcs11.so")):
        give_up("not installed: opensc-pkcs11, libengine-pkcs11-openssl")
    return found


@pytest.fixture(scope="module")
def _in_reader(world: FrontedWorld, journey: Journey) -> Iterator[None]:
    """The holder's card of the demo world, in the virtual reader's first slot."""
    number = journey.with_card("active")["number"]
    path = world.cards / f"{journey.cards[number]}.card"
    with running_daemon(), in_slot(Card.open(path, applications=APPLICATIONS)):
        yield


def by_curl(visit: Visit, files: KeyFiles, module: Path, url: str, pin: str) -> Page:
    configuration = visit.folder / "openssl.cnf"
    configuration.write_text(ENGINE.format(module=module))
    head, body = visit.folder / "shown", visit.folder / "shown.body"
    words = ["curl", "--silent", "--show-error", "--cacert", visit.world.ca.authority, "-i", url]
    words += ["--engine", "pkcs11", "--key-type", "ENG", "--key", KEY.format(pin)]
    words += ["--cert", files.certificate, "-D", head, "-o", body]
    said = run(*words, OPENSSL_CONF=str(configuration))
    if said.code:
        raise LookupError(said.text)
    return first_answer(url, head.read_bytes())


def signed_in(visit: Visit, shown: Page) -> str | None:
    """Go back to our pages and on to the agency; whom it greets."""
    assert shown.status == 303
    assert shown.location is not None
    page = visit.curl.go(shown.location)
    if "decision" in page.text:
        page = visit.curl.submit(page, page.form("/consent/"), {"decision": "agree"})
    return page.element("signed-in-name")


@pytest.mark.usefixtures("_in_reader")
def test_curl_signs_in_with_the_card_in_the_reader(
    visit: Visit, files: KeyFiles, module: Path
) -> None:
    shown = by_curl(visit, files, module, visit.to_the_door(), PIN)
    assert signed_in(visit, shown) == visit.holder["name"]


@pytest.mark.usefixtures("_in_reader")
def test_with_a_wrong_pin_nothing_reaches_the_door(
    visit: Visit, files: KeyFiles, module: Path
) -> None:
    where = visit.to_the_door()
    with pytest.raises(LookupError):
        by_curl(visit, files, module, where, WRONG_PIN)
    shown = by_curl(visit, files, module, where, PIN)  # the tries are whole again
    assert signed_in(visit, shown) == visit.holder["name"]


@pytest.mark.usefixtures("_in_reader")
def test_nss_the_library_of_browsers_signs_in_with_the_card_in_the_reader(
    visit: Visit, files: KeyFiles, module: Path
) -> None:
    store, empty = f"sql:{visit.folder}", visit.folder / "empty"
    empty.write_text("\n")
    succeed("certutil", "-N", "-d", store, "-f", empty)
    succeed("modutil", "-force", "-dbdir", store, "-add", "card", "-libfile", module)
    authority = visit.world.ca.authority
    succeed("certutil", "-A", "-n", "local", "-t", "C,,", "-d", store, "-i", authority)
    url = visit.to_the_door()
    host, port, request = request_of(url)
    certificate = x509.load_pem_x509_certificate(files.certificate.read_bytes())
    token = str(certificate.subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value)
    own = ("-n", f"{token}:Certificate for PIV Authentication", "-w", PIN)
    where = ("-4", "-h", host, "-p", port, "-V", "tls1.3:tls1.3", "-d", store)
    heard = hear("tstclnt", *where, *own, typed=request.decode(), until="x-request-id: ")
    assert signed_in(visit, first_answer(url, heard.encode())) == visit.holder["name"]
