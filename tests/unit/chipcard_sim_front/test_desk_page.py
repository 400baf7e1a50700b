import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import qrcode
from starlette.testclient import TestClient
from unit.chipcard_sim.scripted import ScriptedCard

from chipcard_sim import bridge
from chipcard_sim.bridge.app import create_bridge
from chipcard_sim.bridge.chip_state import Counter, read_chip_state
from chipcard_sim.bridge.desk import Desk
from chipcard_sim.bridge.drawer import Drawer
from chipcard_sim.bridge.drawn import draw_plastic, draw_qr, printed_text
from chipcard_sim.bridge.journal import Journal
from chipcard_sim.bridge.page import DeskPage
from chipcard_sim.bridge.settings import BridgeSettings
from chipcard_sim.bridge.view import look
from chipcard_sim.bridge.words import read_words
from chipcard_sim.bureau.plastic import Plastic, print_plastic
from chipcard_sim.iso7816.status import StatusWord

Workshop = Any  # of conftest.py, which cannot be imported
FOLDER = Path(bridge.__file__).parent
SCRIPT = "".join(
    (FOLDER / "static" / f"{name}.js").read_text("utf-8") for name in ("desk", "server")
)
TEMPLATES = "".join(
    (FOLDER / "templates" / name).read_text("utf-8") for name in ("desk.html", "card_faces.html")
)
BRIDGE = "http://127.0.0.1:8200"
SETTINGS = BridgeSettings(BRIDGE, ("http://localhost:8000",), has_picker=True)
CARD = "VN0000001"
JPEG = b"\xff\xd8\xff\xe0drawn"
PLASTIC = Plastic(
    document_number=CARD,
    number="001190000001",
    name="Nguyễn Thị Mẫu",
    latin_name="NGUYEN THI MAU",
    born=date(1990, 1, 15),
    sex="F",
    nationality="VNM",
    issued=date(2021, 7, 1),
    valid_until=date(2030, 1, 15),
    mrz=("I<VNM" + "<" * 25, "9" * 30, "NGUYEN<<THI<MAU" + "<" * 15),
    can="246802",
    portrait=JPEG,
)


@pytest.fixture
def printed(stocked: Workshop) -> Workshop:
    print_plastic(stocked.cards / f"{CARD}.card", PLASTIC)
    return stocked


@pytest.fixture
def client(printed: Workshop) -> Iterator[TestClient]:
    with TestClient(create_bridge(Drawer(printed.cards), SETTINGS), base_url=BRIDGE) as client:
        yield client


def insert(client: TestClient, card: str = CARD) -> None:
    answer = client.post("/insert", json={"card": card}, headers={"Origin": BRIDGE})
    assert answer.status_code == 200


def test_the_links_at_the_top_lead_somewhere(client: TestClient) -> None:
    shown = client.get("/").text
    jump = shown[shown.index('class="jump"') : shown.index('id="notice"')]
    for place in re.findall(r'href="#(\w+)"', jump):
        assert f'<section id="{place}"' in shown
    assert jump.count("href") == 4


# ---- what is drawn -----------------------------------------------------------------


def test_the_qr_code_holds_the_seven_printed_fields() -> None:
    assert printed_text(PLASTIC) == "001190000001||Nguyễn Thị Mẫu|15011990|Nữ||01072021"
    assert printed_text(replace(PLASTIC, sex="M")).split("|")[4] == "Nam"


def test_the_qr_code_is_drawn_module_by_module() -> None:
    drawn = draw_qr("0|1")
    code = qrcode.QRCode(error_correction=qrcode.ERROR_CORRECT_M, border=2)
    code.add_data(b"0|1")
    code.make(fit=True)
    dark = {(x, y) for y, row in enumerate(code.get_matrix()) for x, on in enumerate(row) if on}
    told = {(int(x), int(y)) for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", drawn.path)}
    assert told == dark
    assert drawn.size == len(code.get_matrix())


def test_a_card_without_end_has_no_last_day() -> None:
    assert draw_plastic(replace(PLASTIC, valid_until=None)).valid_until == ""


def test_without_script_the_page_shows_the_printed_card(client: TestClient) -> None:
    page = client.get("/").text
    for text in (
        *("MẪU THAM CHIẾU", "not a real document", "Nguyễn Thị Mẫu", "001190000001"),
        *("15/01/1990", "15/01/2030", "01/07/2021", "246802", f"/portrait?card={CARD}"),
    ):
        assert text in page
    assert "NGUYEN&lt;&lt;THI&lt;MAU" in page
    assert '<div class="face' in page
    assert "Đưa thẻ vào đầu đọc để xem chip nói gì." in page


def test_the_portrait_is_the_printed_one(client: TestClient, printed: Workshop) -> None:
    answer = client.get("/portrait", params={"card": CARD})
    assert (answer.content, answer.headers["content-type"]) == (JPEG, "image/jpeg")
    for name in ("VN0000009", "../VN0000001", ""):
        assert client.get("/portrait", params={"card": name}).status_code == 404
    print_plastic(
        printed.cards / f"{CARD}.card", replace(PLASTIC, portrait=b"\x00\x00\x00\x0cjP  ")
    )
    assert client.get("/portrait", params={"card": CARD}).status_code == 404
    assert f"/portrait?card={CARD}" not in client.get("/").text


def test_a_card_whose_print_is_lost_or_smudged_shows_what_its_certificate_says(
    client: TestClient, printed: Workshop
) -> None:
    beside = printed.cards / f"{CARD}.print.json"
    for smudge in ("{}", None):
        if smudge is None:
            beside.unlink()
        else:
            beside.write_text(smudge)
        page = client.get("/").text
        assert "NGUYEN THI MAU" in page
        assert "••••••••0001" in page
        assert "001190000001" not in page
        assert "hình vẽ theo chứng thư" in page


# ---- the chip ----------------------------------------------------------------------


def test_the_chip_of_the_inserted_card_is_shown(client: TestClient, printed: Workshop) -> None:
    insert(client)
    page = client.get("/?lang=en").text
    assert "3 of 3 left" in page
    for slot in ("9A", "9C"):
        assert f'<strong class="slot">{slot}</strong>' in page
    assert "P-256 · 01/01/2025" in page
    assert "28/09/2027" in page
    assert "Throw-away CA" in page
    assert re.search(r"5FC102</span>.*?free to read, \d+ bytes", page, re.DOTALL)
    assert re.search(r'<li class="pin">\s*<span class="code">5FC109', page)
    body = {"card": CARD, "pin": "000000"}
    client.post("/verify", json=body, headers={"Origin": BRIDGE})
    assert "2 of 3 left" in client.get("/?lang=en").text
    for _ in range(2):
        client.post("/verify", json=body, headers={"Origin": BRIDGE})
    assert "<strong>blocked</strong>" in client.get("/?lang=en").text
    assert printed.puk not in page


def test_another_card_can_be_looked_at_meanwhile(client: TestClient, printed: Workshop) -> None:
    printed.make(documentNumber="VN0000002", order="0b", card="0b")  # has no holder yet
    insert(client)
    assert "closed for ever" in client.get("/?lang=en").text
    page = client.get("/?lang=en&card=VN0000002").text
    assert "there is nothing to draw yet" in page
    assert 'data-card="VN0000002" data-inserted="no"' in page
    assert page.count('<span class="tag">In the reader</span>') == 1
    assert "A card without holder" in page
    assert 'data-card="VN0000001"' in client.get("/?card=VN0000009").text
    insert(client, "VN0000002")
    assert "still open: the card is not finished" in client.get("/?lang=en").text


def test_a_damaged_card_is_told_as_unfit(client: TestClient, printed: Workshop) -> None:
    (printed.cards / "VN0000000.card").write_text("{}")
    insert(client, "VN0000000")
    assert "did not answer as it should" in client.get("/?lang=en").text


def test_an_empty_drawer_says_what_to_do(cards: Path) -> None:
    view = look(Desk(Drawer(cards), Journal()), None)
    assert "chipcard-sim personalise" in DeskPage().render("en", view)


def test_one_card_alone_is_shown_where_there_is_no_picker(printed: Workshop) -> None:
    printed.make(documentNumber="VN0000002", order="0b", card="0b")
    app = create_bridge(Drawer(printed.cards, only=CARD), SETTINGS)
    with TestClient(app, base_url=BRIDGE) as client:
        assert "VN0000002" not in client.get("/?card=VN0000002").text


def test_a_card_that_does_not_tell_its_counters_is_asked_by_the_standard() -> None:
    piv, absent = "9000", "6A82"
    answers = [piv, *[absent] * 11, "6D00", "9000", "63C2", "6D00", absent, absent]
    state = read_chip_state(ScriptedCard(*answers))
    assert (state.pin, state.puk) == (Counter(2, None), None)
    assert (state.keys, state.has_passport, state.is_open) == ((), False, False)
    assert {each.access for each in state.objects} == {"absent"}


@pytest.mark.parametrize("told", ["0603030201", "06020303FF", "05010006010203"])
def test_a_strange_counter_is_none(told: str) -> None:
    answers = ["9000", *["6A82"] * 11, "6D00", "9000", "6983", f"{told}9000", "6A82", "9000"]
    state = read_chip_state(ScriptedCard(*answers))
    assert (state.pin, state.puk) == (Counter(0, None), None)


# ---- the page ----------------------------------------------------------------------


def test_the_page_says_words_and_nothing_of_the_program(client: TestClient) -> None:
    insert(client)
    for language in ("vi", "en"):
        page = client.get(f"/?lang={language}").text
        assert f'<html lang="{language}">' in page
        assert "built-in" not in page
        assert "None" not in page


def test_every_word_of_the_desk_is_said_somewhere() -> None:
    words = read_words()["vi"]
    spoken = set(re.findall(r"\bt\.(\w+)", TEMPLATES))
    families = tuple(re.findall(r't\["(\w+_)" ~', TEMPLATES))
    assert spoken <= words["desk"].keys()
    silent = words["desk"].keys() - spoken
    assert {key for key in silent if not key.startswith(families)} == set()
    live = set(re.findall(r'word\("(\w+)"\)', SCRIPT)) | set(re.findall(r'"(\w+)"', SCRIPT))
    assert {key for key in words["live"] if not key.startswith("done_")} <= live
    for path in ("look", "answer", "read", "change", "unblock", "verify", "passport"):
        assert path in words["what"]


def test_every_status_word_has_words() -> None:
    families = {"61XX", "63CX", "6CXX"}
    assert read_words()["vi"]["status"].keys() == families | {f"{word:04X}" for word in StatusWord}


def test_the_page_needs_nothing_the_policy_forbids(client: TestClient) -> None:
    insert(client)
    page = client.get("/").text
    assert re.findall(r"<script(?![^>]*\ssrc=)", page) == []
    assert re.findall(r"\son\w+=|\sstyle=|<style|javascript:|https?://|data:", page) == []


def test_a_name_cannot_become_markup(client: TestClient, printed: Workshop) -> None:
    named = replace(PLASTIC, name="<script>alert(1)</script>")
    print_plastic(printed.cards / f"{CARD}.card", named)
    page = client.get("/").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(1)" in page


def test_the_script_makes_no_markup_of_what_it_is_told() -> None:
    assert "innerHTML" not in SCRIPT
    assert "insertAdjacentHTML" not in SCRIPT


def test_every_field_has_its_label__wcag_1_3_1(client: TestClient) -> None:
    page = client.get("/").text
    fields = set(re.findall(r'<input id="([\w-]+)"', page))
    assert fields == set(re.findall(r'<label for="([\w-]+)"', page))
    assert {f"{field}-hint" for field in fields} <= set(re.findall(r' id="([\w-]+)"', page))
