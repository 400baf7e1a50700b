"""The commands that stay, up to the moment where they would."""

import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from unit.cli.installation import DONE, REFUSED, Run

from eid.bootstrap.secrets import (
    HANDOVERS,
    purpose_key,
    read_handover_key,
    read_master,
    write_handover_key,
)
from eid.errors import Misconfigured

ISSUER, ORIGIN = "https://id.example.vn", "https://id.example.vn:8444"
ASKING = {"EID_ISSUER": ISSUER, "EID_CERTIFICATE_LOGIN__ORIGIN": ORIGIN}


@pytest.fixture
def closed() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="eid-") as folder:
        yield Path(folder)


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """What a web server is asked for, without one running."""
    asked: list[dict[str, Any]] = []

    def note(server: uvicorn.Server, sockets: list[socket.socket]) -> None:
        (listening,) = sockets
        asked.append(
            {
                "app": server.config.app,
                "family": listening.family,
                "name": listening.getsockname(),
                "quiet": not server.config.access_log and not server.config.proxy_headers,
            }
        )
        listening.close()

    monkeypatch.setattr(uvicorn.Server, "run", note)
    return asked


def test_serve_certificates_listens_on_its_socket_and_needs_no_master_key__KY_05(
    installed: Run, tmp_path: Path, closed: Path, served: list[dict[str, Any]]
) -> None:
    path, key = closed / "door.sock", tmp_path / "handover.key"
    assert installed("handover-key", str(key)).code == DONE
    (tmp_path / "keys" / "wrapping.key").unlink()  # it is no business of this process
    told = installed(
        "serve-certificates",
        **ASKING,
        EID_CERTIFICATE_LOGIN__SOCKET=str(path),
        EID_CERTIFICATE_LOGIN__KEY=str(key),
    )
    assert told.code == DONE, told.err
    (how,) = served
    assert (how["family"], how["name"], how["quiet"]) == (socket.AF_UNIX, str(path), True)
    assert not path.exists()


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({}, "EID_CERTIFICATE_LOGIN__ORIGIN"),
        (ASKING, "EID_CERTIFICATE_LOGIN__SOCKET"),
        ({**ASKING, "EID_CERTIFICATE_LOGIN__SOCKET": "/proc/door.sock"}, "chmod 2750 /proc"),
        ({**ASKING, "EID_CERTIFICATE_LOGIN__SOCKET": "/no/such/door.sock"}, "is not there"),
        ({**ASKING, "EID_CERTIFICATE_LOGIN__KEY": ""}, "no key of handovers"),
        ({**ASKING, "EID_CERTIFICATE_LOGIN__KEY": "/no/such.key"}, "eid handover-key /no/such.key"),
        ({**ASKING, "EID_ISSUER": "http://localhost:8000"}, "https issuer"),
        ({**ASKING, "EID_CERTIFICATE_LOGIN__ORIGIN": ISSUER}, "another origin"),
    ],
)
def test_serve_certificates_says_why_it_does_not_start(
    installed: Run,
    tmp_path: Path,
    served: list[dict[str, Any]],
    settings: dict[str, str],
    reason: str,
) -> None:
    key = tmp_path / "handover.key"
    installed("handover-key", str(key))
    told = installed("serve-certificates", **{"EID_CERTIFICATE_LOGIN__KEY": str(key)} | settings)
    assert told.code == REFUSED
    assert reason in told.err
    assert served == []


def test_an_open_directory_stops_the_start__KY_02(
    installed: Run, closed: Path, served: list[dict[str, Any]]
) -> None:
    closed.chmod(0o755)
    path, key = closed / "door.sock", closed / "handover.key"
    installed("handover-key", str(key))
    told = installed(
        "serve-certificates",
        **ASKING,
        EID_CERTIFICATE_LOGIN__SOCKET=str(path),
        EID_CERTIFICATE_LOGIN__KEY=str(key),
    )
    assert told.code == REFUSED
    assert f"chmod 2750 {closed}" in told.err
    assert (served, path.exists()) == ([], False)


def test_it_does_not_start_without_a_key_of_its_own(installed: Run) -> None:
    told = installed("serve-certificates", **ASKING, EID_CERTIFICATE_LOGIN__SOCKET="/run/door.sock")
    assert told.code == REFUSED
    assert "EID_CERTIFICATE_LOGIN__KEY" in told.err


def test_the_key_of_handovers_is_its_own_and_private__KY_05(installed: Run, tmp_path: Path) -> None:
    key, master = tmp_path / "door" / "handover.key", tmp_path / "keys" / "wrapping.key"
    assert "give it to" in installed("handover-key", str(key)).out
    assert key.stat().st_mode & 0o777 == 0o600
    written = read_handover_key(key)
    assert written == purpose_key(read_master(master), HANDOVERS)
    assert written != read_master(master)
    assert "nothing changed" in installed("handover-key", str(key)).out
    key.chmod(0o640)
    with pytest.raises(Misconfigured, match="read by others"):
        read_handover_key(key)


def test_another_installations_key_is_not_overwritten(installed: Run, tmp_path: Path) -> None:
    key = tmp_path / "handover.key"
    write_handover_key(key, bytes(range(32)))
    before = key.read_text()
    told = installed("handover-key", str(key))
    assert (told.code, key.read_text()) == (REFUSED, before)
    assert "another master key's" in told.err


def test_there_is_no_application_to_start_elsewhere_by_its_name() -> None:
    """What uvicorn would import has no finished application in it, nor one without arguments."""
    config = uvicorn.Config("api.certificates:app", port=0)
    with pytest.raises(SystemExit):
        config.load()
    factory = uvicorn.Config("api.certificates:create_certificate_app", factory=True, port=0)
    with pytest.raises(SystemExit):
        factory.load()


def test_the_provider_may_listen_on_a_socket(
    installed: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(uvicorn, "run", lambda name, **how: asked.append({"app": name} | how))
    assert installed("serve", EID_LISTEN="unix:/run/eid/public.sock").code == DONE
    (how,) = asked
    assert (how["app"], how["uds"]) == ("api.main:app", "/run/eid/public.sock")
    assert "port" not in how


@pytest.mark.parametrize("listen", ["unix:", "unix:relative.sock"])
def test_a_socket_has_a_whole_path(installed: Run, listen: str) -> None:
    told = installed("serve", EID_LISTEN=listen)
    assert told.code == REFUSED
    assert "unix:/PATH" in told.err
