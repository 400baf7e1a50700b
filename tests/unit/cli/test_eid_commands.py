"""The `eid` command as an operator meets it: exit codes, and sentences that say what to do next."""

import asyncio
import functools
import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from unit.cli.installation import CEREMONY, DOCKER, DONE, REFUSED, WRONG_USAGE, Run, demo, rows

from eid.bootstrap import build_services
from eid.config import Settings


def write_client(folder: Path, name: str, **changes: object) -> str:
    members = json.loads((DOCKER / "clients" / "tax.json").read_text(encoding="utf-8"))
    path = folder / f"{name}.json"
    path.write_text(json.dumps(members | {"client_id": f"{name}-client"} | changes))
    return str(path)


# Before anything is there


@pytest.mark.parametrize(
    "words",
    [
        ("doctor",),
        ("sweep",),
        ("notify",),
        ("rotate-keys",),
        ("client", "list"),
        ("card-orders", "--out", "orders.ndjson"),
    ],
    ids=" ".join,
)
def test_without_a_ceremony_every_command_says_to_hold_one(
    run: Run, words: tuple[str, ...], tmp_path: Path
) -> None:
    told = run(*words)
    assert told.code == REFUSED
    assert "hold the ceremony first (eid ceremony)" in told.err
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("setting", "value", "sentence"),
    [
        ("EID_WORKERS", "many", "EID_WORKERS: "),
        ("EID_DEMO__CLOKC", "/x", "EID_DEMO__CLOKC is no setting: did you mean EID_DEMO__CLOCK?"),
        ("EID_ISUER", "/x", "EID_ISUER is no setting: did you mean EID_ISSUER?"),
        ("eid_workres", "2", "eid_workres is no setting: did you mean EID_WORKERS?"),
        ("EID_XQZ", "2", "EID_XQZ is no setting: eid/config.py names all there are"),
        ("EID_KEYS__ALGORITHMS", "ES256", "a list is written as JSON"),
        ("EID_KEYS__ALGORITHMS", '["ES256"]', "keys.algorithms must hold RS256"),
        ("EID_ISSUER", "http://id.example", "the issuer must be https"),
        ("EID_ISSUER", "https://id.example/", "trailing slash"),
        ("EID_DATABASE__URL", "mysql://x", "sqlite:///PATH or postgresql://"),
        ("EID_KEYS__RETIRE_FOR", "100", "keys.retire_for must be longer"),
    ],
)
def test_a_wrong_setting_is_named(installed: Run, setting: str, value: str, sentence: str) -> None:
    told = installed("doctor", **{setting: value})
    assert told.code == REFUSED
    assert sentence in told.err
    assert "Traceback" not in told.err


@pytest.mark.parametrize(
    ("words", "settings"),
    [
        (("sweep",), {"EID_WORKERS": "many"}),
        (("sweep",), {"EID_ISUER": "/x"}),
        (("sweep",), {"EID_KEYS__ALGORITHMS": "ES256"}),
        (("doctor",), {"EID_ENVIRONMENT": "production"}),
    ],
    ids=str,
)
def test_refused_settings_name_those_of_the_demo_where_its_world_is_here(
    installed: Run,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    words: tuple[str, ...],
    settings: dict[str, str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert ".demo" not in installed(*words, **settings).err
    (tmp_path / ".demo").mkdir()
    (tmp_path / ".demo" / "env").touch()
    assert "set -a; . .demo/env; set +a" in installed(*words, **settings).err
    other = installed("client", "disable", "nobody")
    assert (other.code, ".demo" in other.err) == (REFUSED, False)


def test_production_refuses_with_every_reason_at_once__PL_05(installed: Run) -> None:
    told = installed(
        "serve", EID_ENVIRONMENT="production", EID_DEMO__PEOPLE="/x", EID_DEMO__CLOCK="/x"
    )
    assert told.code == REFUSED
    for reason in (
        "an http issuer has no place in production",
        "settings of the demo",
        "people, clock",
        "pages.bridge",
    ):
        assert reason in told.err
    assert told.err.count("✘") == 1


def test_a_master_key_that_others_can_read_is_refused__KY_02(
    installed: Run, tmp_path: Path
) -> None:
    (tmp_path / "keys" / "wrapping.key").chmod(0o640)
    told = installed("doctor")
    assert told.code == REFUSED
    assert "chmod 600" in told.err


def test_a_database_that_is_away_is_said_plainly(installed: Run) -> None:
    told = installed("doctor", EID_DATABASE__URL="postgresql://eid@127.0.0.1:1/eid")
    assert told.code == REFUSED
    assert "Does the database of EID_DATABASE__URL run?" in told.err


@pytest.mark.parametrize(
    "words",
    [("nonsense",), ("issue-batch",), ("issue-batch", "/no/such/file"), ("client", "add")],
    ids=" ".join,
)
def test_wrong_usage_ends_with_two(run: Run, words: tuple[str, ...]) -> None:
    assert run(*words).code == WRONG_USAGE


# The ceremony


def test_a_ceremony_is_held_once(installed: Run, tmp_path: Path) -> None:
    before = {path: path.read_bytes() for path in (tmp_path / "keys").rglob("*") if path.is_file()}
    told = installed(*CEREMONY)
    assert told.code == REFUSED
    assert "already" in told.err
    again = installed(*CEREMONY, "--keep")
    assert again.code == DONE
    assert "nothing changed" in again.out
    assert {p: p.read_bytes() for p in before} == before


def test_keep_brings_the_schema_back_to_date(installed: Run, tmp_path: Path) -> None:
    (tmp_path / "eid.sqlite3").unlink()
    told = installed("doctor")
    assert told.code == REFUSED
    assert "`eid ceremony --keep` makes it" in told.err
    installed(*CEREMONY, "--keep")
    assert "audit_event" in rows(tmp_path, "SELECT name FROM sqlite_master WHERE type = 'table'")


def test_the_ceremony_leaves_its_secrets_to_the_owner_alone__KY_02(
    installed: Run, tmp_path: Path
) -> None:
    assert installed("doctor").code == DONE
    for path in (tmp_path / "keys" / "wrapping.key", tmp_path / "eid.sqlite3"):
        assert path.stat().st_mode & 0o077 == 0


# Day by day


def test_doctor_finds_a_fresh_installation_sound(installed: Run) -> None:
    told = installed("doctor")
    assert told.code == DONE
    assert "sound" in told.out
    assert "not ready" not in told.out


def drop_documents(state: Path) -> None:
    """As a database of the first version is."""
    with closing(sqlite3.connect(state / "eid.sqlite3")) as database:
        database.execute("DROP TABLE card_document")
        database.commit()


def leave_a_strange_anchor(state: Path) -> None:
    folder = state / "keys" / "pki" / "document-anchors"
    folder.mkdir()
    (folder / "XA-0000.cer").write_bytes(b"not a certificate")


def drop_clients(state: Path) -> None:
    with closing(sqlite3.connect(state / "eid.sqlite3")) as database:
        database.execute("DROP TABLE client")
        database.commit()


DAMAGE: list[tuple[str, Callable[[Path], object], str]] = [
    ("master key", lambda at: (at / "keys" / "wrapping.key").unlink(), "hold the ceremony first"),
    ("master key", lambda at: (at / "keys" / "wrapping.key").chmod(0o644), "chmod 600"),
    (
        "signing keys",
        lambda at: (at / "keys" / "wrapping.key").write_text(bytes(range(32)).hex()),
        "is EID_KEYS__WRAPPING_KEY the file that belongs to this database?",
    ),
    (
        "certificates",
        lambda at: (at / "keys" / "pki" / "material.json").unlink(),
        "hold the ceremony first",
    ),
    (
        "certificates",
        lambda at: (at / "keys" / "pki" / "environment").write_text("demo"),
        "were made for demo: point EID_PKI__FOLDER",
    ),
    (
        "database",
        lambda at: (at / "eid.sqlite3").unlink(),
        "there is no database at the configured path: `eid ceremony --keep` makes it",
    ),
    ("tables", drop_clients, "`eid ceremony --keep`"),
    ("tables", drop_documents, "`eid ceremony --keep`"),
    ("certificates", leave_a_strange_anchor, "take it away"),
]


@pytest.mark.parametrize(("check", "damage", "mend"), DAMAGE)
def test_doctor_names_what_is_wrong_and_how_to_mend_it(
    installed: Run, tmp_path: Path, check: str, damage: Callable[[Path], object], mend: str
) -> None:
    damage(tmp_path)
    told = installed("doctor")
    assert told.code == REFUSED
    (wrong,) = (line for line in told.err.splitlines() if "✘" in line)
    assert wrong.startswith(f"✘ {check}: ")
    assert mend in wrong
    assert re.search(rf"│ {check} +│ wrong ", told.out)
    assert re.search(r"│ settings +│ sound ", told.out), "what is well is told, too"


def test_doctor_looks_at_nothing_that_rests_on_what_is_wrong(
    installed: Run, tmp_path: Path
) -> None:
    (tmp_path / "eid.sqlite3").unlink()
    assert re.search(
        r"│ tables +│ unknown │ not looked at: database first", installed("doctor").out
    )


@pytest.mark.parametrize(
    ("ahead", "sentence"), [(20 * 366, "expired on 20"), (-1000, "not valid before")]
)
def test_doctor_sees_a_card_ca_out_of_its_time__CV_23(
    run: Run, tmp_path: Path, ahead: int, sentence: str
) -> None:
    assert run(*CEREMONY, **demo(tmp_path)).code == DONE
    (tmp_path / "clock").write_text(str(ahead * 86400))
    told = run("doctor", **demo(tmp_path))
    assert told.code == REFUSED
    assert f"✘ card CA: {sentence}" in told.err


def test_doctor_says_how_to_mend_a_provider_without_keys(installed: Run, tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "eid.sqlite3")) as database:
        database.execute("DELETE FROM signing_key")
        database.commit()
    told = installed("doctor")
    assert told.code == REFUSED
    assert "eid rotate-keys" in told.err
    assert installed("rotate-keys").code == DONE
    assert installed("doctor").code == DONE


def test_a_provider_without_a_key_that_can_sign_is_not_ready__KY_03(
    installed: Run, tmp_path: Path
) -> None:
    async def is_ready() -> bool:
        services = build_services(Settings())
        await services.open(chores=False)
        try:
            return await services.is_ready()
        finally:
            await services.close()

    assert installed("doctor").code == DONE
    assert asyncio.run(is_ready())
    with closing(sqlite3.connect(tmp_path / "eid.sqlite3")) as database:
        database.execute("DELETE FROM signing_key")
        database.commit()
    assert not asyncio.run(is_ready())


def test_nothing_is_rotated_before_its_time__KY_03(installed: Run) -> None:
    told = installed("rotate-keys")
    assert (told.code, told.out) == (DONE, "Nothing is due.")


def test_a_compromised_key_is_withdrawn_and_replaced_at_once__KY_04(
    installed: Run, tmp_path: Path
) -> None:
    kid = rows(tmp_path, "SELECT kid FROM signing_key WHERE algorithm = 'ES256'")[0]
    told = installed("rotate-keys", "--compromised", kid)
    assert told.code == DONE
    assert kid in told.out
    assert installed("doctor").code == DONE
    events = rows(tmp_path, "SELECT kind FROM audit_event")
    assert set(events) == {"KeyMoved"}


def test_a_key_nobody_knows_is_refused(installed: Run) -> None:
    told = installed("rotate-keys", "--compromised", "nobody")
    assert told.code == REFUSED
    assert "no published key has this name" in told.err


def test_a_sweep_of_an_empty_house_ends_well(installed: Run) -> None:
    told = installed("sweep")
    assert told.code == DONE
    assert "0 activation windows passed, 0 cards expired, 0 old records deleted" in told.out
    assert installed("notify").out.endswith("0 holders notified")


def test_the_demo_s_people_are_arranged_in_the_demo_alone__PL_05(installed: Run) -> None:
    told = installed("seed")
    assert told.code == REFUSED
    assert "EID_ENVIRONMENT=demo" in told.err


# Applications and cards


def test_a_batch_is_taken_in_once_and_its_bad_lines_are_told_by_number(
    run: Run, tmp_path: Path
) -> None:
    assert run(*CEREMONY, **demo(tmp_path)).code == DONE
    good = (DOCKER / "people.ndjson").read_text(encoding="utf-8").splitlines()[:2]
    bad = ["{not json", json.dumps(json.loads(good[0]) | {"born": "yesterday"}), good[1]]
    batch = tmp_path / "batch.ndjson"
    batch.write_text("\n".join([good[0], bad[0], good[1], bad[1], bad[2]]) + "\n")
    told = run("issue-batch", str(batch), **demo(tmp_path))
    assert told.code == REFUSED
    assert "line 2: bad_document:document" in told.err
    assert "line 4: bad_document:born" in told.err
    assert "line 5: duplicate_number" in told.err
    assert "3 refused; the rest is done" in told.err
    assert "yesterday" not in told.err
    count = rows(tmp_path, "SELECT count(*) FROM account")
    again = run("issue-batch", str(batch), **demo(tmp_path))
    assert (again.code, again.out) == (told.code, told.out)
    assert rows(tmp_path, "SELECT count(*) FROM account") == count == [2]


def test_whoever_is_here_already_is_not_refused(run: Run, tmp_path: Path) -> None:
    assert run(*CEREMONY, **demo(tmp_path)).code == DONE
    good = (DOCKER / "people.ndjson").read_text(encoding="utf-8").splitlines()[:3]
    batch = tmp_path / "batch.ndjson"
    batch.write_text("\n".join(good[:2]) + "\n")
    told = run("issue-batch", str(batch), **demo(tmp_path))
    assert (told.code, told.out) == (DONE, "2 lines: 2 done, 0 refused.")
    batch.write_text("\n".join(good) + "\n")
    told = run("issue-batch", str(batch), **demo(tmp_path))
    assert (told.code, told.err.count("line ")) == (DONE, 0)
    assert told.out == "3 lines: 1 done, 0 refused, 2 of holders who have an account already."


def test_bad_lines_are_told_though_the_registry_is_away(installed: Run, tmp_path: Path) -> None:
    good = (DOCKER / "people.ndjson").read_text(encoding="utf-8").splitlines()[0]
    batch = tmp_path / "batch.ndjson"
    batch.write_text(f"{{not json\n{good}\n")
    told = installed("issue-batch", str(batch))  # outside the demo no registry is connected
    assert told.code == REFUSED
    assert "line 1: bad_document:document" in told.err
    assert "the population registry does not answer: run the same again" in told.err
    assert "2 lines: 1 refused; of the others some wait." in told.out
    assert rows(tmp_path, "SELECT count(*) FROM account") == [0]


def test_commands_do_not_repeat_that_this_is_a_demo(run: Run, tmp_path: Path) -> None:
    assert run(*CEREMONY, **demo(tmp_path)).code == DONE
    told = run("sweep", **demo(tmp_path))
    assert "demo environment" not in told.out + told.err


def test_many_bad_lines_do_not_flood_the_screen(installed: Run, tmp_path: Path) -> None:
    batch = tmp_path / "batch.ndjson"
    batch.write_text("[]\n" * 1 + "".join(f"[{n}]\n" for n in range(50)))
    told = installed("issue-batch", str(batch))
    assert told.code == REFUSED
    assert told.err.count("bad_document") == 20
    assert "… and 31 more" in told.err


def test_a_key_report_that_is_none_is_told_by_its_line(installed: Run, tmp_path: Path) -> None:
    reports, packs = tmp_path / "reports.ndjson", tmp_path / "packs.ndjson"
    reports.write_text("{}\n")
    told = installed("complete-cards", str(reports), "--out", str(packs))
    assert told.code == REFUSED
    assert "line 1: bad_document: " in told.err, "with what is bad about it"
    assert packs.read_text() == ""


def test_a_folder_that_is_not_there_is_named(installed: Run) -> None:
    told = installed("card-orders", "--out", "/no/such/folder/orders.ndjson")
    assert told.code == REFUSED
    assert "No such file or directory: /no/such/folder/orders.ndjson" in told.err


# Clients


def test_several_clients_are_added_at_once_each_with_its_secret__CA_05(
    installed: Run, tmp_path: Path
) -> None:
    folder = tmp_path / "secrets"
    folder.mkdir()
    files = [write_client(tmp_path, name) for name in ("first", "second")]
    told = installed("client", "add", *files, "--secrets", str(folder))
    assert told.code == DONE
    secrets = [(folder / f"{name}.secret").read_text().strip() for name in ("first", "second")]
    assert len(set(secrets)) == 2
    assert not any(secret in told.out + told.err for secret in secrets)
    assert {path.stat().st_mode & 0o777 for path in folder.iterdir()} == {0o600}
    listed = installed("client", "list")
    assert "first-client" in listed.out
    assert "second-client" in listed.out
    assert rows(tmp_path, "SELECT kind FROM audit_event") == ["ClientRegistered"] * 2


def test_clients_without_a_pin_are_named(installed: Run, tmp_path: Path) -> None:
    write = functools.partial(write_client, tmp_path)
    files = [write("tax"), write("lax", least_authentication_level=1)]
    assert installed("client", "add", *files, "--secrets", str(tmp_path)).code == DONE
    listed = installed("client", "list", COLUMNS="200").out
    assert (listed.count("level 1: no PIN"), listed.count("level 2")) == (1, 1)
    told = installed("doctor", COLUMNS="200")
    assert told.code == DONE
    assert re.search(r"│ clients +│ sound +│ 2 registered; level 1, no PIN: lax-client ", told.out)
    installed("client", "disable", "lax-client")
    assert re.search(r"│ clients +│ sound +│ 1 registered +│", installed("doctor").out)


def test_one_client_that_is_refused_does_not_stop_the_others(
    installed: Run, tmp_path: Path
) -> None:
    files = [write_client(tmp_path, "bad", scope="openid everything")]
    files.append(write_client(tmp_path, "good"))
    told = installed("client", "add", *files, "--secrets", str(tmp_path))
    assert told.code == REFUSED
    assert f"{files[0]}: bad_document: scope" in told.err
    assert (tmp_path / "good.secret").exists()
    assert not (tmp_path / "bad.secret").exists()


def test_a_client_file_that_is_not_json_is_told_by_its_name(installed: Run, tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text("{")
    told = installed("client", "add", str(tmp_path / "broken.json"))
    assert told.code == REFUSED
    assert "broken.json" in told.err
    assert "line 1 column 2" in told.err
    assert rows(tmp_path, "SELECT count(*) FROM client") == [0]


def test_a_new_secret_replaces_the_old_one_and_who_may_read_it__CA_05(
    installed: Run, tmp_path: Path
) -> None:
    file, secret = write_client(tmp_path, "one"), tmp_path / "one.secret"
    secret.write_text("an old one, for everybody to read\n")
    secret.chmod(0o644)
    assert installed("client", "add", file, "--secret-file", str(secret)).code == DONE
    first = secret.read_text()
    assert secret.stat().st_mode & 0o777 == 0o600
    installed("client", "add", file, "--secret-file", str(secret))
    assert secret.read_text() not in {first, "an old one, for everybody to read\n"}


def test_a_secret_is_shown_where_nobody_says_where_to_put_it(
    installed: Run, tmp_path: Path
) -> None:
    told = installed("client", "add", write_client(tmp_path, "one"))
    assert told.code == DONE
    assert len(told.out.rpartition("shown once: ")[2]) >= 43


def test_one_secret_file_is_not_for_two_clients(installed: Run, tmp_path: Path) -> None:
    files = [write_client(tmp_path, name) for name in ("first", "second")]
    told = installed("client", "add", *files, "--secret-file", str(tmp_path / "secret"))
    assert told.code == WRONG_USAGE
    assert rows(tmp_path, "SELECT count(*) FROM client") == [0]


def test_a_disabled_client_is_listed_as_one(installed: Run, tmp_path: Path) -> None:
    installed("client", "add", write_client(tmp_path, "one"))
    assert installed("client", "disable", "one-client").code == DONE
    assert "disabled" in installed("client", "list").out
    assert "ClientDisabled" in rows(tmp_path, "SELECT kind FROM audit_event")
    assert installed("client", "disable", "nobody").code == REFUSED


# The service


def test_serve_listens_where_it_is_told(installed: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(uvicorn, "run", lambda name, **how: asked.append({"app": name} | how))
    assert installed("serve", EID_LISTEN="[::1]:9443", EID_WORKERS="3").code == DONE
    (how,) = asked
    assert (how["app"], how["host"], how["port"], how["workers"]) == (
        "api.main:app",
        "::1",
        9443,
        3,
    )
    assert (how["access_log"], how["server_header"]) == (False, False)


@pytest.mark.parametrize("listen", ["8000", ":8000", "localhost", "localhost:http"])
def test_an_address_that_is_none_is_refused_before_anything_runs(
    installed: Run, listen: str
) -> None:
    told = installed("serve", EID_LISTEN=listen)
    assert told.code == REFUSED
    assert "EID_LISTEN is ADDRESS:PORT" in told.err


def test_the_settings_are_read_where_the_commands_are(installed: Run, tmp_path: Path) -> None:
    """The fixture's environment is what the process sees, or these tests would prove nothing."""
    assert installed("doctor").code == DONE
    services = build_services(Settings())
    assert str(tmp_path) in services.settings.database.url
