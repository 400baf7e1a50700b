"""What a machine's PC/SC readers say, without any: what reaches a card, what is told a person."""

import builtins
from types import SimpleNamespace
from typing import Any

import pytest

from chipcard_sim.iso7816.transport import TransportLost
from chipcard_sim.transport import pcsc
from chipcard_sim.transport.pcsc import PcscCard, ReaderUnfit, for_t0

SUCCESS, FAILURE = 0, 0x80100069
T0, T1 = 1, 2
PIN = "0020008008313233343536FFFF"


class Winscard(SimpleNamespace):
    """The calls of PC/SC that are made here, each with an outcome; it notes what is sent."""

    def __init__(self, **outcomes: Any) -> None:
        super().__init__(
            SCARD_S_SUCCESS=SUCCESS,
            SCARD_PROTOCOL_T0=T0,
            SCARD_PROTOCOL_T1=T1,
            SCARD_PCI_T0="header of T=0",
            SCARD_PCI_T1="header of T=1",
            SCARD_SCOPE_USER=0,
            SCARD_SHARE_SHARED=2,
            SCARD_STATE_UNAWARE=0,
            SCARD_STATE_PRESENT=0x20,
            SCARD_RESET_CARD=1,
            SCARD_LEAVE_CARD=0,
        )
        self.calls: list[tuple[Any, ...]] = []
        given = {
            "SCardEstablishContext": (SUCCESS, 7),
            "SCardListReaders": (SUCCESS, ["B", "A"]),
            "SCardGetStatusChange": (SUCCESS, [("A", 0x10, []), ("B", 0x20022, [])]),
            "SCardConnect": (SUCCESS, 9, T1),
            "SCardReconnect": (SUCCESS, T1),
            "SCardBeginTransaction": SUCCESS,
            "SCardEndTransaction": SUCCESS,
            "SCardTransmit": (SUCCESS, [0x90, 0x00]),
            "SCardDisconnect": SUCCESS,
            "SCardReleaseContext": SUCCESS,
        } | outcomes
        for name, outcome in given.items():
            setattr(self, name, self._call(name, outcome))

    def SCardGetErrorMessage(self, status: int) -> str:
        return f"status {status:08X}"

    def _call(self, name: str, outcome: Any) -> Any:
        def call(*arguments: Any) -> Any:
            self.calls.append((name, *arguments))
            return outcome

        return call

    def names(self) -> list[str]:
        return [call[0] for call in self.calls]


def with_winscard(monkeypatch: pytest.MonkeyPatch, **outcomes: Any) -> Winscard:
    made = Winscard(**outcomes)
    monkeypatch.setattr(pcsc, "_pyscard", lambda: made)
    return made


@pytest.mark.parametrize(
    ("command", "sent"),
    [
        ("00C00000", "00C00000"),
        ("00C0000010", "00C0000010"),
        (PIN, PIN),
        ("00A4040005A00000030800", "00A4040005A000000308"),
        ("00A404000000050102030405000A", "00A40400050102030405"),
        ("00A4", "00A4"),
    ],
    ids=["nothing", "asking", "data", "data and asking", "extended", "no command"],
)
def test_a_t0_card_is_not_asked_and_told_at_once__iso7816_3_12_2(command: str, sent: str) -> None:
    assert for_t0(bytes.fromhex(command)) == bytes.fromhex(sent)


@pytest.mark.parametrize(
    ("protocol", "header", "sent"),
    [
        (T0, "header of T=0", "00A4040005A000000308"),
        (T1, "header of T=1", "00A4040005A00000030800"),
    ],
)
def test_each_protocol_has_its_header(protocol: int, header: str, sent: str) -> None:
    scard = Winscard()
    card = PcscCard(scard, 9, protocol)  # type: ignore[arg-type]
    assert card.transmit(bytes.fromhex("00A4040005A00000030800")) == b"\x90\x00"
    assert scard.calls == [("SCardTransmit", 9, header, list(bytes.fromhex(sent)))]


def test_a_card_that_was_pulled_is_lost() -> None:
    scard = Winscard(SCardTransmit=(FAILURE, []))
    with pytest.raises(TransportLost, match="80100069"):
        PcscCard(scard, 9, T1).transmit(b"\x00\xc0\x00\x00")  # type: ignore[arg-type]


def test_readers_and_cards_are_found_by_name(monkeypatch: pytest.MonkeyPatch) -> None:
    with_winscard(monkeypatch)
    assert pcsc.find_readers() == ("A", "B")
    assert pcsc.find_cards() == ("B",)


@pytest.mark.parametrize(
    "outcomes",
    [
        {"SCardListReaders": (FAILURE, [])},
        {"SCardListReaders": (SUCCESS, [])},
        {"SCardGetStatusChange": (FAILURE, [])},
    ],
)
def test_no_reader_holds_no_card(monkeypatch: pytest.MonkeyPatch, outcomes: dict[str, Any]) -> None:
    scard = with_winscard(monkeypatch, **outcomes)
    assert pcsc.find_cards() == ()
    assert scard.names()[-1] == "SCardReleaseContext"


def test_a_card_is_lent_alone_and_reset_before_and_after(monkeypatch: pytest.MonkeyPatch) -> None:
    scard = with_winscard(monkeypatch)
    with pcsc.card_in("A") as card:
        card.transmit(b"\x00\xc0\x00\x00")
    assert scard.names() == [
        "SCardEstablishContext",
        "SCardConnect",
        "SCardBeginTransaction",
        "SCardReconnect",
        "SCardTransmit",
        "SCardEndTransaction",
        "SCardDisconnect",
        "SCardReleaseContext",
    ]
    assert ("SCardReconnect", 9, 2, T0 | T1, scard.SCARD_RESET_CARD) in scard.calls
    assert ("SCardEndTransaction", 9, scard.SCARD_RESET_CARD) in scard.calls


def test_a_card_that_was_pulled_is_not_reset_in_vain(monkeypatch: pytest.MonkeyPatch) -> None:
    scard = with_winscard(monkeypatch, SCardTransmit=(FAILURE, []))
    with pytest.raises(TransportLost), pcsc.card_in("A") as card:
        card.transmit(b"\x00\xc0\x00\x00")
    assert ("SCardEndTransaction", 9, scard.SCARD_LEAVE_CARD) in scard.calls


@pytest.mark.parametrize("failing", ["SCardConnect", "SCardReconnect"])
def test_a_card_that_cannot_be_had_is_lost_and_all_is_given_back(
    monkeypatch: pytest.MonkeyPatch, failing: str
) -> None:
    outcome = (FAILURE, 0, 0) if failing == "SCardConnect" else (FAILURE, 0)
    scard = with_winscard(monkeypatch, **{failing: outcome})
    with pytest.raises(TransportLost), pcsc.card_in("A"):
        pytest.fail("there is none")
    assert scard.names()[-1] == "SCardReleaseContext"
    begun, ended = (f"SCard{verb}Transaction" in scard.names() for verb in ("Begin", "End"))
    assert begun == ended


def test_a_machine_without_the_service_is_told_what_to_start(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with_winscard(monkeypatch, SCardEstablishContext=(FAILURE, 0))
    with pytest.raises(ReaderUnfit, match="systemctl start pcscd"):
        pcsc.find_readers()


def test_without_pyscard_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    true_import = builtins.__import__

    def without(name: str, *rest: Any, **more: Any) -> Any:
        if name == "smartcard":
            raise ImportError(name)
        return true_import(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(ReaderUnfit, match=r"pip install 'eid-reference\[reader\]'"):
        pcsc.find_cards()
