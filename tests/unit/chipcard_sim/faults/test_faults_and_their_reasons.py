"""What the page and the trail do not say: each fault is refused for its own reason, or accepted
where it is none. Played before the provider's own proofs, with a card of a throw-away authority."""

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, load_der_public_key
from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier
from passport_cards import CAN, PIN, PIV_SLOTS, PUK, passport_files, passport_order, the_state
from pki_for_tests import ARC, AUTHENTICATION_POLICY, ThrowAwayPki, certify, person, usage
from unit.chipcard_sim.scripted import ScriptedCard

from chipcard_sim.applications import APPLICATIONS
from chipcard_sim.bridge.refusals import REFUSALS
from chipcard_sim.bureau.documents import read_order, read_pack
from chipcard_sim.bureau.personalise import make_chip, write_pack
from chipcard_sim.chip.card import Card
from chipcard_sim.faults.containers import open_container
from chipcard_sim.faults.fault import Before, Fault, Group, Method, RefusedBy
from chipcard_sim.faults.genuine import Ask, NeedsAccepted, genuine_answer, halves, text
from chipcard_sim.faults.signatures import ORDERS
from chipcard_sim.faults.table import FAULTS
from chipcard_sim.terminal.errors import TerminalError
from eid.domain.challenge import Challenge, ChallengePurpose
from eid.errors import EidError
from eid.proofs.card_signature import read_card_answer, verify_card_signature
from eid.proofs.challenges import issue_challenge
from eid.proofs.document import authenticate_document, read_chip_reading
from keys.pki.anchors import DocumentAnchors, TrustAnchors

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
ORIGIN = "http://localhost:8000"
CARD = "VN0000001"
PURPOSES = {
    "9A": [ExtendedKeyUsageOID.CLIENT_AUTH],
    "9E": [ObjectIdentifier("2.16.840.1.101.3.6.8")],  # FIPS 201-3, 4.2.2.2
}
ROWS = list(FAULTS.values())
AT_THE_PROVIDER = [
    row for row in ROWS if row.refused_by is RefusedBy.PROVIDER and row.before is Before.NOTHING
]
AT_THE_READER = [row for row in ROWS if row.refused_by is RefusedBy.READER]
QUICK = [row for row in AT_THE_READER if row.name != "slow-card"]


def name_of(row: Fault) -> str:
    return row.name


@dataclass(frozen=True)
class Trial:
    """A good card, and a provider that trusts its issuer."""

    place: Path
    certificates: TrustAnchors
    documents: DocumentAnchors

    def card(self) -> Card:
        return Card.open(self.place, applications=APPLICATIONS)

    def judge(self, method: Method, answer: str, challenge: Challenge) -> tuple[str, str]:
        """Code and detail of the refusal, or two empty texts."""
        body = answer.encode()
        try:
            if method is Method.CARD_SIGNATURE:
                read = read_card_answer(body)
                verify_card_signature(read, challenge, True, self.certificates, NOW)  # noqa: FBT003
            else:
                authenticate_document(read_chip_reading(body), challenge, self.documents, NOW)
        except EidError as refusal:
            return refusal.code, refusal.detail
        return "", ""


def certificate_of(slot: str, public_key: bytes, pki: ThrowAwayPki) -> str:
    key = load_der_public_key(public_key)
    assert isinstance(key, ec.EllipticCurvePublicKey)
    made = certify(
        person(),
        key,
        pki.card_ca,
        pki.card_ca.key,
        key_usage=usage("content_commitment" if slot == "9C" else "digital_signature"),
        policy=AUTHENTICATION_POLICY if slot == "9A" else f"{ARC}.1.3",
        purposes=PURPOSES.get(slot, ()),
    )
    return text(made.public_bytes(Encoding.DER))


@pytest.fixture(scope="module")
def trial(tmp_path_factory: pytest.TempPathFactory) -> Trial:
    folder, pki, state = tmp_path_factory.mktemp("faults"), ThrowAwayPki(), the_state()
    report = make_chip(read_order(passport_order(CARD)), folder, PIN, PUK)
    made = {key.slot: key.public_key for key in report.keys}
    files = passport_files(made, state)
    pack = {
        "kind": "eid.card-pack:1",
        "order": report.order,
        "card": report.card,
        "certificates": [
            {"slot": slot, "certificate": certificate_of(slot, made[slot], pki)}
            for slot in PIV_SLOTS
        ],
        "files": [{"file": f"{name:04X}", "content": text(files[name])} for name in files],
    }
    write_pack(read_pack(json.dumps(pack)), folder)
    return Trial(folder / f"{CARD}.card", pki.anchors(), DocumentAnchors([state.root]))


@pytest.fixture
def challenge() -> Challenge:
    return issue_challenge(ChallengePurpose.LOGIN, ORIGIN, b"x", NOW, timedelta(minutes=2))


@pytest.fixture
def ask(challenge: Challenge) -> Ask:
    return Ask(ORIGIN, challenge.nonce, pin=PIN, can=CAN)


@pytest.fixture
def inserted(trial: Trial) -> Iterator[Card]:
    """The card, which must be as good as before when the test is over."""
    yield trial.card()
    fresh = issue_challenge(ChallengePurpose.LOGIN, ORIGIN, b"y", NOW, timedelta(minutes=2))
    good = genuine_answer(trial.card(), Ask(ORIGIN, fresh.nonce, pin=PIN))
    assert trial.judge(Method.CARD_SIGNATURE, good, fresh) == ("", "")


# The rows


def test_there_are_enough_of_them_and_of_every_group() -> None:
    assert len(ROWS) >= 36
    assert {row.group for row in ROWS} == set(Group)
    assert {row.method for row in ROWS} == set(Method)


@pytest.mark.parametrize("row", ROWS, ids=name_of)
def test_a_row_says_what_is_wrong_in_two_languages(row: Fault) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", row.name)
    for sentence in (row.english, row.vietnamese):
        assert sentence[0].isupper()
        assert sentence.endswith(".")
    assert row.english != row.vietnamese
    assert re.fullmatch(r"CV-\d\d|ICAO 9303-1[012], \d(\.\d)?", row.clause)


@pytest.mark.parametrize("row", AT_THE_READER, ids=name_of)
def test_what_the_reader_refuses_has_a_code_of_the_bridge(row: Fault) -> None:
    assert row.code in REFUSALS


def test_a_row_has_either_a_chip_or_an_answer() -> None:
    good = FAULTS["no-card"]
    with pytest.raises(ValueError, match="either"):
        replace(good, wrap=None)
    with pytest.raises(ValueError, match="either"):
        replace(good, act=lambda _, __: "")


# At the provider


@pytest.mark.parametrize("row", AT_THE_PROVIDER, ids=name_of)
@pytest.mark.filterwarnings("ignore::cryptography.utils.CryptographyDeprecationWarning")
def test_it_is_refused_for_its_own_reason(
    trial: Trial, inserted: Card, ask: Ask, challenge: Challenge, row: Fault
) -> None:
    code, detail = trial.judge(row.method, row.play(inserted, ask), challenge)
    assert code == row.code
    if row.reason or code.endswith("_untrusted"):
        assert detail == row.reason


def test_the_good_answers_are_accepted(
    trial: Trial, inserted: Card, ask: Ask, challenge: Challenge
) -> None:
    for method in Method:
        answer = genuine_answer(inserted, ask, is_read=method is Method.CARD_CHIP)
        assert trial.judge(method, answer, challenge) == ("", "")


def test_a_fresh_signature_is_good_with_either_s__CV_14(
    trial: Trial, inserted: Card, ask: Ask, challenge: Challenge
) -> None:
    first = genuine_answer(inserted, ask)
    twin = FAULTS["high-s-twin"].play(inserted, replace(ask, accepted=first))
    assert first != twin
    assert halves(json.loads(first))[1] + halves(json.loads(twin))[1] == ORDERS[32]
    for answer in (first, twin):
        assert trial.judge(Method.CARD_SIGNATURE, answer, challenge) == ("", "")


@pytest.mark.parametrize("name", ["replayed-answer", "high-s-twin"])
def test_what_repeats_wants_something_to_repeat(ask: Ask, name: str) -> None:
    with pytest.raises(NeedsAccepted):
        FAULTS[name].play(ScriptedCard(), ask)


def test_a_replay_is_the_accepted_answer_byte_by_byte(ask: Ask) -> None:
    again = FAULTS["replayed-answer"].play(ScriptedCard(), replace(ask, accepted="{ }"))
    assert again == "{ }"


def test_only_what_is_struck_is_missing_in_the_security_object(trial: Trial, ask: Ask) -> None:
    good, cut = (
        open_container(base64.b64decode(json.loads(answer)["securityObject"]))
        for answer in (
            genuine_answer(trial.card(), ask, is_read=True),
            FAULTS["missing-hash"].play(trial.card(), ask),
        )
    )
    assert replace(cut, content=good.content) == good
    assert 0 < len(good.content) - len(cut.content) < 48  # one row


def test_taking_a_security_object_apart_loses_nothing(trial: Trial, ask: Ask) -> None:
    answer = json.loads(genuine_answer(trial.card(), ask, is_read=True))
    file = base64.b64decode(answer["securityObject"])
    assert open_container(file).build() == file


# At the reader


@pytest.mark.parametrize("row", QUICK, ids=name_of)
def test_the_reader_sends_nothing(inserted: Card, ask: Ask, row: Fault) -> None:
    with pytest.raises(TerminalError):
        row.play(inserted, ask)


def test_a_misbehaving_chip_hands_on_what_is_no_command() -> None:
    card = ScriptedCard("6700")
    wrap = FAULTS["mute-card"].wrap
    assert wrap is not None
    assert wrap(card).transmit(b"\x00\xa4") == b"\x67\x00"
    assert card.asked == ["00A4"]
