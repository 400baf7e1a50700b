"""Commands that stay: the provider, and the instance that client certificates come to."""

from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from eid.bootstrap import build_services
from eid.bootstrap.certificates import build_certificate_services, listen_behind_closed_doors
from eid.bootstrap.secrets import read_master, write_handover_key
from eid.cli.console import out, read_settings
from eid.errors import Misconfigured

UNIX = "unix:"
QUIET: dict[str, Any] = {
    "access_log": False,  # addresses of requests hold what nobody should keep
    "log_level": "info",
    "server_header": False,
    "proxy_headers": False,
    "timeout_graceful_shutdown": 5,
}


def add_to(app: typer.Typer) -> None:
    """Put these commands on the command line."""
    app.command()(serve)
    app.command("serve-certificates")(serve_certificates)
    app.command("handover-key")(handover_key)


def serve() -> None:
    """Run the provider at `EID_LISTEN` until it is stopped."""
    settings = read_settings()
    build_services(settings)  # settings are refused here, before any worker starts
    place = _place(settings.listen)
    import uvicorn  # noqa: PLC0415 - only these commands need a web server

    uvicorn.run("api.main:app", **place, workers=settings.workers, **QUIET)


def serve_certificates() -> None:
    """Run the instance that client certificates come to, on its Unix socket, until stopped."""
    settings = read_settings()
    services = build_certificate_services(settings)
    path = settings.certificate_login.socket
    if path is None:
        raise Misconfigured("set EID_CERTIFICATE_LOGIN__SOCKET to a path in a closed directory")
    listening = listen_behind_closed_doors(path)
    import uvicorn  # noqa: PLC0415 - as above

    # By its name, as the provider is: the front door is above the commands. There is no finished
    # application to import, so nobody starts it anywhere else by mistake.
    app = import_module("api.certificates").create_certificate_app(services, path)
    try:
        uvicorn.Server(uvicorn.Config(app, **QUIET)).run(sockets=[listening])
    finally:
        path.unlink(missing_ok=True)


def handover_key(
    file: Annotated[Path, typer.Argument(dir_okay=False, help="Where (0600).")],
) -> None:
    """Write the one key that `eid serve-certificates` needs, from the master key."""
    master = read_master(read_settings().keys.wrapping_key)
    if write_handover_key(file, master):
        out.print(f"[green]✔[/] {escape(str(file))}: give it to the user of that process")
    else:
        out.print(f"{escape(str(file))} holds it already: nothing changed.")


def _place(listen: str) -> dict[str, Any]:
    if listen.startswith(f"{UNIX}/"):
        return {"uds": listen.removeprefix(UNIX)}
    host, _, port = listen.rpartition(":")
    if not (host and port.isascii() and port.isdigit()):
        raise Misconfigured("EID_LISTEN is ADDRESS:PORT, such as 127.0.0.1:8000, or unix:/PATH")
    return {"host": host.strip("[]"), "port": int(port)}
