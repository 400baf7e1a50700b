"""A bridge whose place is taken says so in words, and what to do instead."""

import socket
from pathlib import Path

from typer.testing import CliRunner

from chipcard_sim.commands import app

ORIGIN = "http://localhost:8000"


def test_a_port_in_use_is_named_with_the_way_to_play_a_fault_in_the_demo(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        words = ["bridge", "--origin", ORIGIN, "--cards", str(tmp_path), "--port", port]
        told = CliRunner().invoke(app, [*words, "--fault", "altered-dg1"])
    assert told.exit_code == 1
    assert f"port {port} is in use" in told.output
    assert "make demo FAULT=NAME" in told.output
    assert "Traceback" not in told.output
    assert "Errno" not in told.output


def test_an_address_of_others_is_named(tmp_path: Path) -> None:
    nobodys = "192.0.2.1"  # RFC 5737
    words = ["bridge", "--origin", ORIGIN, "--cards", str(tmp_path), "--host", nobodys]
    told = CliRunner().invoke(app, [*words, "--address", "http://127.0.0.1:8200"])
    assert told.exit_code == 1
    assert f"The bridge cannot start: {nobodys}:8200" in told.output
