"""`eid audit`: the end of the trail, one case, and what comes while one looks."""

import asyncio
import json
from datetime import timedelta
from pathlib import Path

import pytest
from builders import NOW, make_account, make_visit
from unit.cli.installation import DONE, REFUSED, WRONG_USAGE, Run, environment

from eid.cli import audit
from eid.domain.audit import AuditEvent, AuthorizationRefused, LoginRefused
from eid.domain.identifiers import ClientId
from eid.store import open_store

CASE = "QWERTYUPAS"
REFUSED_SIGN_IN = LoginRefused(
    visit=make_visit(at=NOW, trace=CASE),
    account=make_account().id,
    method="card_signature",
    reason="certificate_untrusted",
    because="wrong_purpose",
    client=ClientId("tax"),
)
FORGED = AuthorizationRefused(
    visit=make_visit(at=NOW + timedelta(seconds=1), trace="ELSEWHERES"),
    client=ClientId("tax\n2026 LoggedIn [red]\x1b[2J"),
    error="invalid_request",
)


async def keep(state: Path, *events: AuditEvent) -> None:
    async with open_store(environment(state)["EID_DATABASE__URL"]) as store:
        await store.keep([], list(events))


def unfolded(text: str) -> str:
    """Text without its spaces: where a narrow terminal folds it is the terminal's affair."""
    return "".join(text.split())


def test_a_refused_sign_in_tells_the_word_behind_its_code(installed: Run, tmp_path: Path) -> None:
    asyncio.run(keep(tmp_path, REFUSED_SIGN_IN, FORGED))
    told = installed("audit")
    assert (told.code, told.err) == (DONE, "")
    account = make_account().id.hex()[:8]
    row = f"{NOW:%F %T} LoginRefused {account} method=card_signature reason=certificate_untrusted"
    assert unfolded(f"{row} because=wrong_purpose client=tax trace={CASE}") in unfolded(told.out)
    assert told.out.index("LoginRefused") < told.out.index("AuthorizationRefused")
    assert "LoginRefused" not in installed("audit", "--last", "1").out


def test_a_case_is_found_by_the_number_of_its_page__AU_02(installed: Run, tmp_path: Path) -> None:
    asyncio.run(keep(tmp_path, REFUSED_SIGN_IN, FORGED))
    told = installed("audit", "--case", CASE, "--last", "1", "--json")
    assert told.code == DONE
    assert json.loads(told.out) == {
        "at": NOW.isoformat(),
        "event": "LoginRefused",
        "trace": CASE,
        "account": make_account().id.hex(),
        "method": "card_signature",
        "reason": "certificate_untrusted",
        "because": "wrong_purpose",
        "client": "tax",
    }
    nobody = installed("audit", "--case", "NOBODY")
    assert nobody.code == REFUSED
    assert "no event has this case number" in nobody.err


def test_nothing_in_an_event_forges_a_line__AU_05(installed: Run, tmp_path: Path) -> None:
    asyncio.run(keep(tmp_path, FORGED))
    for words in (("audit",), ("audit", "--json")):
        told = installed(*words)
        assert unfolded(r"tax\n2026 LoggedIn [red]\u001b[2J") in unfolded(told.out)


def test_what_comes_is_shown_until_one_has_seen_enough(
    installed: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []

    async def meanwhile(seconds: float) -> None:
        waited.append(seconds)
        if len(waited) > 2:
            raise KeyboardInterrupt
        if len(waited) == 1:
            await keep(tmp_path, REFUSED_SIGN_IN, FORGED)

    monkeypatch.setattr("eid.cli.audit.asyncio.sleep", meanwhile)
    told = installed("audit", "--follow", "--case", CASE)
    assert told.code == DONE
    assert waited == [audit.LOOK_AGAIN_AFTER] * 3
    assert told.out.count("LoginRefused") == 1
    assert "AuthorizationRefused" not in told.out


def test_none_is_no_number_of_events(installed: Run) -> None:
    assert installed("audit", "--last", "0").code == WRONG_USAGE
