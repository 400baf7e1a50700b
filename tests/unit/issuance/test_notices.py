import json
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest
from builders import (
    NOW,
    make_account,
    make_card,
    make_case,
    make_citizen,
    make_organisation,
    make_visit,
    put_account,
    put_card,
    put_case,
)
from fakes import MemoryStore
from unit.issuance.issuer_for_tests import run

from eid.domain.account import Account, AccountStatus
from eid.domain.activation import CaseStatus
from eid.domain.card import CardStatus
from eid.domain.handles import digest
from eid.domain.holder import Contact
from eid.domain.identifiers import NoticeId
from eid.domain.notice import Channel
from eid.errors import IllegalMove, Unavailable
from eid.issuance.notices import Deliveries, DeliveryReport, Notices, wait_after
from eid.issuance.policy import NoticePolicy
from eid.issuance.sealed import unseal
from eid.proofs import activation_code
from keys.errors import SealBroken
from keys.sealing import Sealer, keyed_hash

CODE_KEY = b"c" * 32
SEALER = Sealer(b"n" * 32)
LINK_BASE = "https://eid.example/activate/"
POLICY = NoticePolicy(link_base=LINK_BASE, code_length=8, attempts=5, code_key=CODE_KEY)
APPROVED = make_account(status=AccountStatus.APPROVED, notified_at=None, activated_at=None)


class Postman:
    """Remembers what it carried; away as long as told."""

    def __init__(self) -> None:
        self.carried: list[tuple[Channel, str, Mapping[str, str], str, datetime]] = []
        self.away = False

    async def send(
        self, channel: Channel, template: str, values: Mapping[str, str], to: str, at: datetime
    ) -> None:
        if self.away:
            raise Unavailable
        self.carried.append((channel, template, values, to, at))

    def of(self, template: str) -> tuple[Channel, Mapping[str, str], str]:
        ((channel, _, values, to, _),) = [row for row in self.carried if row[1] == template]
        return channel, values, to


class Desk:
    """Notices, deliveries and a postman over one memory store."""

    def __init__(self) -> None:
        self.store = MemoryStore()
        self.postman = Postman()
        self.notices = Notices(self.store, SEALER, POLICY)
        self.deliveries = Deliveries(self.store, SEALER, self.postman)

    def open(self, account: Account = APPROVED, **holder: object) -> None:
        run(put_account(self.store, account, make_citizen(**holder)))

    def notify(self, at: datetime = NOW) -> None:
        async def work() -> None:
            owner = await self.store.accounts.find(APPROVED.id)
            assert owner
            await self.notices.notify(make_visit(at), owner)

        run(work())

    def deliver(self, at: datetime = NOW) -> DeliveryReport:
        return run(self.deliveries.run(make_visit(at)))


def test_a_holder_gets_a_letter_with_the_link_and_a_message_with_the_code__AC_20() -> None:
    desk = Desk()
    desk.open(contact=Contact("+84900000001", "mau@example.test"))
    desk.notify()
    assert desk.deliver() == DeliveryReport(2, 0)
    channel, letter, to = desk.postman.of("activation_letter")
    assert (channel, to) == (Channel.LETTER, "mau@example.test")
    assert set(letter) == {"name", "link", "until"}
    assert letter["name"] == "Nguyễn Thị Mẫu"
    assert letter["until"] == "16:00 09/03/2026"
    channel, message, to = desk.postman.of("activation_code")
    assert (channel, to) == (Channel.MESSAGE, "+84900000001")
    assert set(message) == {"code"}
    assert len(message["code"]) == 8
    assert message["code"].isdigit()


def test_no_text_message_ever_holds_a_link_or_a_number__AC_20() -> None:
    desk = Desk()
    desk.open()
    desk.notify()
    desk.deliver()
    _, message, _ = desk.postman.of("activation_code")
    said = json.dumps(dict(message))
    assert "http" not in said
    assert "001190000001" not in said


def test_only_hashes_of_link_and_code_are_kept__AC_02() -> None:
    desk = Desk()
    desk.open()
    desk.notify()
    desk.deliver()
    (case,) = desk.store.tables.cases.values()
    link = desk.postman.of("activation_letter")[1]["link"].removeprefix(LINK_BASE)
    code = desk.postman.of("activation_code")[1]["code"]
    assert case.link_hash == digest(link)
    assert case.code_hash == keyed_hash(CODE_KEY, digest(link) + code.encode())
    assert (case.status, case.attempts_left) == (CaseStatus.OPEN, 5)
    assert case.self_service_until == NOW + timedelta(days=7)


def test_the_activation_room_takes_the_code_that_was_sent__AC_06() -> None:
    desk = Desk()
    desk.open()
    desk.notify()
    desk.deliver()
    (case,) = desk.store.tables.cases.values()
    code = desk.postman.of("activation_code")[1]["code"]
    assert activation_code.matches(CODE_KEY, case.link_hash, code, case.code_hash)
    wrong = f"{(int(code) + 1) % 10**8:08}"
    assert not activation_code.matches(CODE_KEY, case.link_hash, wrong, case.code_hash)


def test_the_account_is_notified_and_the_trail_says_so__AC_01() -> None:
    desk = Desk()
    desk.open()
    desk.notify()
    (account, _), *_ = desk.store.tables.accounts.values()
    assert (account.status, account.notified_at) == (AccountStatus.NOTIFIED, NOW)
    assert desk.store.event_names() == ["HolderNotified"]


def test_an_active_account_is_not_notified_again__AC_01() -> None:
    desk = Desk()
    desk.open(make_account())
    with pytest.raises(IllegalMove):
        desk.notify()
    assert desk.store.tables.notices == {}


def test_a_new_notice_kills_the_old_link_and_code__AC_02() -> None:
    desk = Desk()
    desk.open()
    run(put_case(desk.store, make_case(attempts_left=0, status=CaseStatus.ASSISTED)))
    old = make_case()
    desk.notify()
    (case,) = desk.store.tables.cases.values()
    assert (case.id, case.status, case.attempts_left) == (old.id, CaseStatus.OPEN, 5)
    assert case.link_hash != old.link_hash
    assert case.code_hash != old.code_hash
    assert case.browser_hash is None


def test_without_a_telephone_the_code_comes_in_a_letter_of_its_own() -> None:
    desk = Desk()
    desk.open(contact=Contact(None))
    desk.notify()
    desk.deliver()
    channel, values, to = desk.postman.of("activation_code")
    assert (channel, to, set(values)) == (Channel.LETTER, "Nguyễn Thị Mẫu", {"code"})


def test_an_organisation_is_addressed_by_its_name() -> None:
    desk = Desk()
    organisation = make_organisation(id=APPROVED.holder)
    run(put_account(desk.store, make_account_of_organisation(), organisation))
    desk.notify()
    desk.deliver()
    assert desk.postman.of("activation_letter")[1]["name"] == "Công ty Mẫu"


def make_account_of_organisation() -> Account:
    return make_account(
        level=None, status=AccountStatus.APPROVED, notified_at=None, activated_at=None
    )


def test_whoever_s_card_is_not_ready_is_not_told_yet() -> None:
    desk = Desk()
    desk.open()
    run(put_card(desk.store, make_card(status=CardStatus.ORDERED)))
    assert run(desk.notices.notify_due(make_visit())) == 0
    ready = make_card(status=CardStatus.PERSONALISED)
    desk.store.tables.cards[ready.id] = ready
    assert run(desk.notices.notify_due(make_visit())) == 1
    assert run(desk.notices.notify_due(make_visit())) == 0


def test_who_moved_on_meanwhile_is_left_for_the_next_run() -> None:
    desk = Desk()
    desk.open()

    async def meanwhile() -> None:
        account, version = desk.store.tables.accounts[APPROVED.id]
        desk.store.tables.accounts[APPROVED.id] = (account, version + 1)

    desk.store.before_keep = meanwhile
    assert run(desk.notices.notify_due(make_visit())) == 0
    assert desk.store.tables.notices == {}
    assert run(desk.notices.notify_due(make_visit())) == 1


def test_the_outbox_holds_nothing_that_can_be_read() -> None:
    desk = Desk()
    desk.open()
    desk.notify()
    for notice, _ in desk.store.tables.notices.values():
        assert b"http" not in notice.sealed
        assert "Nguyễn".encode() not in notice.sealed
        assert unseal(SEALER, notice.id, notice.sealed).to
        with pytest.raises(SealBroken):
            unseal(SEALER, NoticeId(b"another"), notice.sealed)
        with pytest.raises(SealBroken):
            unseal(Sealer(b"x" * 32), notice.id, notice.sealed)


def test_what_cannot_be_delivered_comes_later_and_is_not_lost() -> None:
    desk = Desk()
    desk.open()
    desk.notify()
    desk.postman.away = True
    assert desk.deliver() == DeliveryReport(0, 2)
    assert desk.deliver() == DeliveryReport(0, 0)
    desk.postman.away = False
    assert desk.deliver(NOW + timedelta(seconds=59)) == DeliveryReport(0, 0)
    assert desk.deliver(NOW + timedelta(seconds=60)) == DeliveryReport(2, 0)
    assert desk.deliver(NOW + timedelta(days=1)) == DeliveryReport(0, 0)


def test_a_notice_that_does_not_open_does_not_stop_the_others() -> None:
    desk = Desk()
    desk.open()
    desk.notify()
    first = next(iter(desk.store.tables.notices))
    notice, at = desk.store.tables.notices[first]
    broken = type(notice)(
        notice.id, notice.account, notice.channel, notice.template, b"\0" * 40, notice.created_at
    )
    desk.store.tables.notices[first] = (broken, at)
    assert desk.deliver() == DeliveryReport(1, 1)


def test_waiting_doubles_up_to_six_hours() -> None:
    waits = [wait_after(attempts) // timedelta(minutes=1) for attempts in range(12)]
    assert waits == [1, 1, 2, 4, 8, 16, 32, 64, 128, 256, 360, 360]
    assert wait_after(10**6) == timedelta(hours=6)


def test_codes_have_so_many_digits_and_differ__AC_02() -> None:
    drawn = [activation_code.make(8) for _ in range(200)]
    assert all(len(code) == 8 and code.isascii() and code.isdigit() for code in drawn)
    assert len(set(drawn)) == 200
    assert len(Counter("".join(drawn))) == 10
    assert any(code.startswith("0") for code in drawn)


def test_the_window_counts_from_the_notice__AC_03() -> None:
    desk = Desk()
    desk.open()
    at = datetime(2026, 12, 31, 16, 59, 59, tzinfo=UTC)
    desk.notify(at)
    (case,) = desk.store.tables.cases.values()
    assert case.self_service_until == datetime(2027, 1, 7, 16, 59, 59, tzinfo=UTC)
