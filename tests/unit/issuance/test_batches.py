from datetime import date

import pytest
from unit.issuance.issuer_for_tests import ANNA, COMPANY, MAU, Issuer, as_line, run

from eid.domain.account import AccountStatus
from eid.domain.application import LineStatus
from eid.domain.card import CardStatus, ElectronicCardStatus
from eid.domain.changes import Change
from eid.domain.holder import Holder
from eid.domain.mandate import MandateKind
from eid.errors import Conflict, RegistryAway
from eid.issuance.batches import BatchReport

OTHER = {**MAU, "number": "001190000002"}
CHILD = {
    **MAU,
    "number": "001318000028",
    "born": "2018-05-12",
    "level": 1,
    "card": False,
    "guardian": "001190000001",
    "card_issued": ...,
}


def accept(issuer: Issuer, *lines: bytes) -> BatchReport:
    return run(issuer.batches.accept(issuer.visit, lines, "test"))


def people(count: int) -> list[bytes]:
    return [as_line(MAU, number=f"0011900{n:05}") for n in range(count)]


def test_every_line_stands_for_itself() -> None:
    issuer = Issuer()
    report = accept(
        issuer, as_line(MAU), b"{\n", as_line(OTHER, born="x"), b"\n", as_line(MAU), b"x" * 20000
    )
    assert (report.received, report.accepted) == (5, 1)
    assert report.rejected == (
        (2, "bad_document:document"),
        (3, "bad_document:born"),
        (5, "duplicate_number"),
        (6, "too_large"),
    )
    assert issuer.store.event_names() == ["BatchReceived"]


def test_a_rejected_line_keeps_nothing_of_its_text() -> None:
    issuer = Issuer()
    accept(issuer, as_line(MAU, born="secret"))
    assert [line.text for line in issuer.store.tables.lines.values()] == [""]


def test_the_same_batch_twice_changes_nothing() -> None:
    issuer = Issuer()
    lines = (as_line(MAU) + b"\n", as_line(OTHER) + b"\r\n")
    first = accept(issuer, *lines)
    issuer.issue(*lines)
    before, kept = issuer.store.tables, len(issuer.store.kept)
    again = accept(issuer, *(line.strip() for line in lines))
    assert (again.batch, again.received) == (first.batch, first.received)
    issuer.issue(*lines)
    assert issuer.store.tables is before
    assert len(issuer.store.kept) == kept


def test_an_intake_that_broke_off_goes_on_where_it_stopped(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("eid.issuance.batches._CHUNK", 2)
    issuer = Issuer()
    lines = people(5)
    keep_many = issuer.store.keep_many
    calls = []

    async def breaking(changes: list[Change], events: list[object]) -> None:
        calls.append(changes)
        if len(calls) == 2:
            raise ConnectionError
        await keep_many(changes, events)  # type: ignore[arg-type]

    monkeypatch.setattr(issuer.store, "keep_many", breaking)
    with pytest.raises(ConnectionError):
        accept(issuer, *lines)
    assert len(issuer.store.tables.lines) == 2
    report = accept(issuer, *lines)
    assert (report.received, report.accepted) == (5, 5)
    assert issuer.store.event_names() == ["BatchReceived"]


def test_an_approved_citizen_has_account_e_id_card_and_ordered_card() -> None:
    issuer = Issuer()
    assert issuer.issue(as_line(MAU)) == {LineStatus.DONE: 1}
    tables = issuer.store.tables
    ((account, _),) = tables.accounts.values()
    (electronic,) = tables.electronic_cards.values()
    (card,) = tables.cards.values()
    (application,) = tables.applications.values()
    assert (account.status, account.level) == (AccountStatus.APPROVED, 2)
    assert electronic.status is ElectronicCardStatus.ISSUED
    assert (card.status, card.issued, card.valid_until) == (
        CardStatus.ORDERED,
        date(2021, 7, 1),
        date(2030, 1, 15),
    )
    assert card.document_number.startswith("X")
    assert len(card.document_number) == 9
    # Decree 69/2024, Art. 13: without a valid card, seven working days from Monday 2 March.
    assert application.due == date(2026, 3, 11)
    assert issuer.store.event_names() == ["BatchReceived", "ApplicationApproved", "CardOrdered"]


def test_level_1_has_no_e_id_card__decree_69_art_28() -> None:
    issuer = Issuer()
    issuer.issue(as_line(MAU, level=1, card=False), as_line(ANNA, level=2))
    assert issuer.store.tables.electronic_cards == {}
    assert issuer.store.tables.cards == {}


def test_a_card_without_a_day_of_issue_is_issued_today_in_vietnam() -> None:
    issuer = Issuer()
    issuer.issue(as_line(MAU, card_issued=...))
    (card,) = issuer.store.tables.cards.values()
    assert card.issued == date(2026, 3, 2)


@pytest.mark.parametrize("chunk", [1, 2, 500])
def test_guardian_and_representative_may_stand_in_the_same_batch(chunk: int) -> None:
    issuer = Issuer()
    issuer.issue(as_line(MAU), as_line(CHILD), as_line(COMPANY), chunk=chunk)
    mandates = issuer.store.tables.mandates.values()
    assert {(mandate.kind, mandate.valid_until) for mandate in mandates} == {
        (MandateKind.GUARDIAN, date(2032, 5, 11)),
        (MandateKind.REPRESENTATIVE, None),
    }
    (guardian,) = {mandate.by for mandate in mandates}
    assert issuer.store.tables.holders[guardian].number == "001190000001"


@pytest.mark.parametrize(
    ("guardian", "reason"),
    [(None, "acting_unknown"), (as_line(MAU, level=1), "acting_level_too_low")],
)
def test_who_acts_needs_an_own_level_2_account__decree_69_art_10(
    guardian: bytes | None, reason: str
) -> None:
    issuer = Issuer()
    issuer.issue(*filter(None, [guardian]), as_line(CHILD))
    assert list(issuer.reasons().values()) == [reason]
    assert issuer.store.tables.mandates == {}


def test_what_differs_is_named_and_nothing_else__AC_16() -> None:
    issuer = Issuer()
    issuer.registry.differing = {
        "001190000001": ("sex", "born"),
        "001190000002": ("number",),
    }
    issuer.issue(as_line(MAU), as_line(OTHER))
    assert issuer.reasons() == {1: "registry_differs:born,sex", 2: "not_in_registry"}
    assert issuer.store.tables.holders == {}
    assert issuer.store.event_names()[1:] == ["ApplicationRefused"] * 2


def test_a_refused_holder_may_apply_again() -> None:
    issuer = Issuer()
    issuer.registry.differing = {"001190000001": ("born",)}
    issuer.issue(as_line(MAU))
    issuer.registry.differing = {}
    issuer.issue(as_line(MAU, email="other@example.test"))
    assert len(issuer.store.tables.accounts) == 1


def test_who_is_here_already_is_not_issued_again__P_02() -> None:
    issuer = Issuer()
    issuer.issue(as_line(MAU))
    issuer.issue(as_line(MAU, phone="+84900000009"))
    assert issuer.reasons() == {1: "already_issued"}
    assert len(issuer.store.tables.accounts) == 1


def test_work_resumes_at_the_first_unfinished_line() -> None:
    issuer = Issuer()
    lines = people(5)
    differences = issuer.registry.differences

    async def away_once(holder: Holder) -> tuple[str, ...]:
        if len(issuer.registry.asked) == 3:
            issuer.registry.asked.append("away")
            raise RegistryAway
        return await differences(holder)

    issuer.registry.differences = away_once  # type: ignore[method-assign]
    with pytest.raises(RegistryAway):
        issuer.issue(*lines, chunk=2)
    assert len(issuer.store.tables.accounts) == 2
    assert issuer.issue(*lines, chunk=2) == {LineStatus.DONE: 5}
    assert len(issuer.store.tables.accounts) == 5


def test_progress_is_told_in_chunks() -> None:
    issuer = Issuer()
    told: list[int] = []
    report = accept(issuer, *people(5))
    run(issuer.batches.process(issuer.visit, report.batch, 2, told.append))
    assert told == [2, 4, 5]


def test_a_chunk_in_which_one_line_lost_a_race_is_done_line_by_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    issuer = Issuer()
    keep_many = issuer.store.keep_many
    raced: list[int] = []

    async def racing(changes: list[Change], events: list[object]) -> None:
        if len(changes) > 10 and not raced:  # the chunk of three citizens
            raced.append(1)
            await Issuer(store=issuer.store).batches.process(issuer.visit, run_batch.batch, chunk=1)
            raise Conflict
        await keep_many(changes, events)  # type: ignore[arg-type]

    other = accept(issuer, as_line(MAU, number="001190000000", email=...))
    run_batch = other
    report = accept(issuer, *people(3))
    monkeypatch.setattr(issuer.store, "keep_many", racing)
    counts = run(issuer.batches.process(issuer.visit, report.batch))
    assert counts == {LineStatus.DONE: 2, LineStatus.REJECTED: 1}
    assert issuer.reasons() == {1: "already_issued"}
    assert len(issuer.store.tables.accounts) == 3


def test_a_line_that_never_comes_right_does_not_hold_the_others(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    issuer = Issuer()
    keep_many = issuer.store.keep_many

    async def stubborn(changes: list[Change], events: list[object]) -> None:
        if any("001190000001" in repr(change) for change in changes):
            raise Conflict
        await keep_many(changes, events)  # type: ignore[arg-type]

    report = accept(issuer, *people(3))
    monkeypatch.setattr(issuer.store, "keep_many", stubborn)
    counts = run(issuer.batches.process(issuer.visit, report.batch))
    assert counts == {LineStatus.DONE: 2, LineStatus.REJECTED: 1}
    assert issuer.reasons() == {2: "conflict"}
