"""Where the certificate door may listen, and the settings that it starts with."""

import os
import socket
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from unit.api.own_settings import OwnSettings

from eid.bootstrap.certificates import build_certificate_services, listen_behind_closed_doors
from eid.bootstrap.checks import require_sound
from eid.config import CertificateLogin, Environment, Pages
from eid.errors import Misconfigured

SOMEBODY = 65533


@pytest.fixture
def closed() -> Iterator[Path]:
    """A directory for its owner alone; its name is short enough for a socket's."""
    with tempfile.TemporaryDirectory(prefix="eid-") as folder:
        yield Path(folder)


def test_it_listens_in_a_closed_directory(closed: Path) -> None:
    path = closed / "door.sock"
    with listen_behind_closed_doors(path) as listening:
        assert listening.family is socket.AF_UNIX
        assert stat.S_IMODE(path.stat().st_mode) == 0o660
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))


@pytest.mark.parametrize("mode", [0o700, 0o750, 0o2750, 0o770])
def test_its_owner_and_one_group_may_enter(closed: Path, mode: int) -> None:
    closed.chmod(mode)
    listen_behind_closed_doors(closed / "door.sock").close()


@pytest.mark.parametrize("mode", [0o701, 0o705, 0o755, 0o777, 0o1777, 0o702, 0o2754])
def test_a_directory_that_others_may_enter_is_refused__KY_02(closed: Path, mode: int) -> None:
    closed.chmod(mode)
    with pytest.raises(Misconfigured, match="chmod 2750"):
        listen_behind_closed_doors(closed / "door.sock")
    assert not (closed / "door.sock").exists()


def test_a_link_to_a_closed_directory_is_none(closed: Path) -> None:
    (closed / "real").mkdir(mode=0o700)
    (closed / "link").symlink_to(closed / "real")
    with pytest.raises(Misconfigured, match="not a directory"):
        listen_behind_closed_doors(closed / "link" / "door.sock")


def test_above_it_the_sticky_bit_keeps_strangers_from_renaming_it(closed: Path) -> None:
    (closed / "door").mkdir(mode=0o700)
    closed.chmod(0o1777)
    listen_behind_closed_doors(closed / "door" / "door.sock").close()


@pytest.mark.parametrize("below", ["door", "more/door"])
def test_a_way_that_others_may_change_is_refused__KY_02(closed: Path, below: str) -> None:
    folder = closed / below
    folder.mkdir(mode=0o700, parents=True)
    closed.chmod(0o777)
    with pytest.raises(Misconfigured, match=f"chmod o-w {closed}"):
        listen_behind_closed_doors(folder / "door.sock")
    assert not (folder / "door.sock").exists()


def test_a_link_on_the_way_hides_nothing(closed: Path) -> None:
    (closed / "open" / "door").mkdir(mode=0o700, parents=True)
    (closed / "link").symlink_to(closed / "open")
    path = closed / "link" / "door" / "door.sock"
    listen_behind_closed_doors(path).close()
    (closed / "open").chmod(0o777)
    with pytest.raises(Misconfigured, match="chmod o-w"):
        listen_behind_closed_doors(path)


@pytest.mark.parametrize("whose", ["door", "."])
def test_a_directory_of_somebody_else_is_refused__KY_02(
    closed: Path, whose: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = closed / "door"
    folder.mkdir(mode=0o700)
    if os.geteuid() == 0:
        os.chown(closed / whose, SOMEBODY, -1)
    else:  # nobody can give a directory away, but anybody can be somebody else
        monkeypatch.setattr(os, "geteuid", lambda: SOMEBODY)
    with pytest.raises(Misconfigured, match="belongs to another user"):
        listen_behind_closed_doors(folder / "door.sock")
    assert not (folder / "door.sock").exists()


def test_a_directory_that_is_missing_is_named(closed: Path) -> None:
    with pytest.raises(Misconfigured, match="is not there"):
        listen_behind_closed_doors(closed / "none" / "door.sock")


def test_what_an_ended_process_left_is_replaced(closed: Path) -> None:
    path = closed / "door.sock"
    listen_behind_closed_doors(path).close()
    assert path.exists()
    listen_behind_closed_doors(path).close()


def test_who_listens_already_is_left_alone(closed: Path) -> None:
    path = closed / "door.sock"
    with listen_behind_closed_doors(path):
        with pytest.raises(Misconfigured, match="already"):
            listen_behind_closed_doors(path)
        with socket.socket(socket.AF_UNIX) as client:
            client.connect(str(path))


def test_a_file_in_its_place_is_refused_not_deleted(closed: Path) -> None:
    path = closed / "door.sock"
    path.write_text("somebody's")
    with pytest.raises(Misconfigured, match="not a socket"):
        listen_behind_closed_doors(path)
    assert path.read_text() == "somebody's"


def test_a_name_too_long_for_a_socket_is_refused(closed: Path) -> None:
    with pytest.raises(Misconfigured, match="too long"):
        listen_behind_closed_doors(closed / ("door" * 40))


# Settings


def told(origin: str | None, **changed: Any) -> OwnSettings:
    return OwnSettings(
        environment=Environment.TEST,
        issuer=changed.pop("issuer", "https://id.example.vn"),
        certificate_login=CertificateLogin(origin=origin),
        pages=Pages(),
        **changed,
    )


@pytest.mark.parametrize(
    "origin",
    [
        None,
        "https://id.example.vn:8444",
        "https://cards.id.example.vn",
        "https://cards.id.example.vn:8444",
    ],
)
def test_certificates_may_be_asked_for_beside_or_under_the_issuer(origin: str | None) -> None:
    require_sound(told(origin))


@pytest.mark.parametrize(
    ("origin", "reason"),
    [
        ("https://id.example.vn", "another origin"),
        ("https://cards.example.vn", "under it"),
        ("https://example.vn", "under it"),
        ("https://evilid.example.vn", "under it"),
        ("https://id.example.vn.evil.example", "under it"),
        ("http://id.example.vn:8444", "https origin"),
        ("https://id.example.vn:8444/", "https origin"),
        ("https://id.example.vn:8444/card", "https origin"),
        ("https://ID.example.vn:8444", "https origin"),
        ("https://[::1", "https origin"),
        ("", "https origin"),
    ],
)
def test_they_are_asked_for_nowhere_else__SS_06(origin: str, reason: str) -> None:
    with pytest.raises(Misconfigured, match=reason):
        require_sound(told(origin))


def test_they_want_pages_behind_tls() -> None:
    with pytest.raises(Misconfigured, match="https issuer"):
        require_sound(told("https://localhost:8444", issuer="http://localhost:8000"))


def test_the_door_does_not_open_where_nobody_is_asked() -> None:
    with pytest.raises(Misconfigured, match="EID_CERTIFICATE_LOGIN__ORIGIN"):
        build_certificate_services(told(None))
