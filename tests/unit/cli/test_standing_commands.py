"""Locking, revoking, disabling and telling again, as an operator does it."""

import json
import shutil
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner
from unit.cli.installation import (
    CEREMONY,
    DOCKER,
    DONE,
    REFUSED,
    WRONG_USAGE,
    Run,
    demo,
    environment,
    rows,
)

from chipcard_sim.__main__ import app as chipcard_sim
from eid import cli

ACTIVE, NOTIFIED, APPROVED = "002088000004", "001190000001", "033093000033"
NOBODY = "001190009999"


def lines_of(*numbers: str) -> str:
    lines = (DOCKER / "people.ndjson").read_text(encoding="utf-8").splitlines()
    return "".join(f"{line}\n" for line in lines if json.loads(line)["number"] in numbers)


def settle(state: Path) -> None:
    """Three people with finished cards, each in the situation of the file."""
    people, orders, reports, packs = (
        str(state / name) for name in ("people", "orders", "reports", "packs")
    )
    Path(people).write_text(lines_of(ACTIVE, NOTIFIED, APPROVED), encoding="utf-8")
    factory = ["personalise", "--cards", str(state / "cards")]
    steps: list[tuple[str, ...]] = [
        (*CEREMONY, "--since", "2021-01-01"),
        ("issue-batch", people),
        ("card-orders", "--out", orders),
        ("complete-cards", reports, "--out", packs),
        ("seed",),
    ]
    with pytest.MonkeyPatch.context() as now:
        for name, value in (environment(state) | demo(state)).items():
            now.setenv(name, value)
        for step in steps:
            if step[0] == "complete-cards":
                making = [*factory, "--orders", orders, "--reports", reports]
                assert CliRunner().invoke(chipcard_sim, making).exit_code == 0
            now.setattr(sys, "argv", ["eid", *step])
            with pytest.raises(SystemExit) as ended:
                cli.main()
            assert not ended.value.code, step


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    state = tmp_path_factory.mktemp("settled")
    settle(state)
    return state


@pytest.fixture
def settled(once: Path, tmp_path: Path, run: Run, monkeypatch: pytest.MonkeyPatch) -> Run:
    shutil.copytree(once, tmp_path, dirs_exist_ok=True)
    for name, value in demo(tmp_path).items():
        monkeypatch.setenv(name, value)
    return run


def status_of(state: Path, number: str) -> str:
    (found,) = rows(
        state,
        "SELECT a.status FROM account a JOIN holder h ON h.id = a.holder "  # noqa: S608 - ours
        f"WHERE h.number = '{number}'",
    )
    return str(found)


def last_event(state: Path) -> tuple[str, dict[str, object]]:
    kind = rows(state, "SELECT kind FROM audit_event ORDER BY rowid DESC LIMIT 1")
    said = rows(state, "SELECT body FROM audit_event ORDER BY rowid DESC LIMIT 1")
    return str(kind[0]), json.loads(said[0])


# Lock and unlock


def test_a_lock_shuts_the_account_and_lifting_it_opens_it__AC_21(
    settled: Run, tmp_path: Path
) -> None:
    words = (ACTIVE, "--ground", "holder_asked", "--by", "hotline")
    told = settled("lock", *words)
    assert (told.code, told.out) == (DONE, "✔ locked: holder_asked")
    assert status_of(tmp_path, ACTIVE) == "locked"
    kind, said = last_event(tmp_path)
    assert (kind, said["ground"], said["by"]) == ("AccountLocked", "holder_asked", "hotline")
    told = settled("unlock", *words)
    assert (told.code, told.out) == (DONE, "✔ lifted: holder_asked")
    assert status_of(tmp_path, ACTIVE) == "active"
    assert last_event(tmp_path)[0] == "AccountUnlocked"


def test_an_account_opens_when_its_last_lock_is_lifted(settled: Run, tmp_path: Path) -> None:
    for ground in ("holder_asked", "authority_ordered"):
        assert settled("lock", ACTIVE, "--ground", ground).code == DONE
    assert settled("unlock", ACTIVE, "--ground", "holder_asked").code == DONE
    assert status_of(tmp_path, ACTIVE) == "locked"
    assert settled("unlock", ACTIVE, "--ground", "authority_ordered").code == DONE
    assert status_of(tmp_path, ACTIVE) == "active"


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("lock", NOBODY, "--ground", "holder_asked"), "no account under this number"),
        (("lock", APPROVED, "--ground", "holder_asked"), "illegal_move"),
        (("lock", ACTIVE, "--ground", "residence_expired"), "no ground for this kind of holder"),
        (("unlock", ACTIVE, "--ground", "holder_asked"), "illegal_move"),
        (("unlock", NOBODY, "--ground", "holder_asked"), "no account under this number"),
        (("revoke-card", NOBODY, "--reason", "superseded"), "no account under this number"),
        (("revoke-card", ACTIVE, "--reason", "boredom"), "not a reason for revocation"),
        (("notify", "--number", NOBODY), "no account under this number"),
        (("notify", "--number", ACTIVE), "illegal_move"),
        (("client", "disable", "nobody"), "no client"),
    ],
    ids=lambda one: " ".join(one) if isinstance(one, tuple) else one,
)
def test_what_cannot_be_is_refused_and_changes_nothing(
    settled: Run, tmp_path: Path, words: tuple[str, ...], sentence: str
) -> None:
    before = rows(tmp_path, "SELECT count(*) FROM audit_event")
    told = settled(*words)
    assert told.code == REFUSED
    assert sentence in told.err
    assert rows(tmp_path, "SELECT count(*) FROM audit_event") == before


@pytest.mark.parametrize("words", [("lock", ACTIVE), ("lock", ACTIVE, "--ground", "boredom")])
def test_a_lock_has_a_legal_ground(settled: Run, words: tuple[str, ...]) -> None:
    assert settled(*words).code == WRONG_USAGE


# Cards


def test_a_revoked_card_takes_its_certificates_and_the_account_with_it__CV_30(
    settled: Run, tmp_path: Path
) -> None:
    good = "SELECT count(*) FROM certificate WHERE status = 'GOOD'"
    before = rows(tmp_path, good)[0]
    told = settled("revoke-card", ACTIVE, "--reason", "keyCompromise", "--by", "police")
    assert (told.code, told.out) == (DONE, "✔ revoked")
    assert status_of(tmp_path, ACTIVE) == "locked"
    assert rows(tmp_path, good)[0] == before - 4
    assert rows(tmp_path, "SELECT count(*) FROM chip_card WHERE status = 'revoked'") == [1]
    kinds = rows(tmp_path, "SELECT kind FROM audit_event ORDER BY rowid DESC LIMIT 5")
    assert sorted(kinds) == ["AccountLocked", *["CertificateRevoked"] * 4]
    told = settled("unlock", ACTIVE, "--ground", "card_revoked")
    assert told.code == REFUSED
    assert "another card must be in force first" in told.err
    again = settled("revoke-card", ACTIVE, "--reason", "keyCompromise")
    assert again.code == REFUSED


# Clients


def test_a_disabled_client_is_shown_as_one_until_its_file_comes_again__CA_06(
    settled: Run, tmp_path: Path
) -> None:
    tax = str(DOCKER / "clients" / "tax.json")
    secret = str(tmp_path / "secret")
    assert settled("client", "add", tax, "--secret-file", secret).code == DONE
    told = settled("client", "disable", "tax-demo")
    assert (told.code, told.out) == (DONE, "✔ client tax-demo is disabled")
    kind, said = last_event(tmp_path)
    assert (kind, said["client"]) == ("ClientDisabled", "tax-demo")
    assert "disabled" in settled("client", "list").out
    assert settled("client", "add", tax, "--secret-file", secret).code == DONE
    assert "disabled" not in settled("client", "list").out


def test_the_list_of_clients_cuts_nothing_on_a_narrow_terminal(
    settled: Run, tmp_path: Path
) -> None:
    portal = str(DOCKER / "clients" / "portal.json")
    assert settled("client", "add", portal, "--secret-file", str(tmp_path / "secret")).code == DONE
    shown = settled("client", "list").out
    assert "…" not in shown
    assert "http://127.0.0.1:8101" in shown


# Telling again


def test_a_holder_who_was_helped_gets_a_fresh_link_code_and_window__AC_22(
    settled: Run, tmp_path: Path
) -> None:
    link = "SELECT link_hash FROM activation_case c JOIN account a ON a.id = c.account"
    before = rows(tmp_path, link)
    sent = len(list((tmp_path / "outbox").glob("*.json")))
    told = settled("notify", "--number", NOTIFIED)
    assert (told.code, told.out) == (DONE, "1 holder notified")
    assert len(set(before) - set(rows(tmp_path, link))) == 1
    assert len(list((tmp_path / "outbox").glob("*.json"))) == sent + 2
    assert last_event(tmp_path)[0] == "HolderNotified"


def test_one_holder_is_told_and_no_other(settled: Run, tmp_path: Path) -> None:
    assert settled("notify", "--number", APPROVED).code == DONE
    assert status_of(tmp_path, APPROVED) == "notified"
    assert settled("notify").out == "0 holders notified"
