"""`make front`: a demo world behind TLS, one port for pages and one for the card's certificate.

A world of its own, because notices, registrations and sign-ins are bound to the issuer, which is
another one here: it has its own people and cards. It wants nginx. Ctrl-C ends everything.
"""

import os
import shutil
import signal
import ssl
import sys
import time
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar
from urllib.error import URLError

from local_ca import HOST, LocalCa
from ports import WorldError, is_taken
from rich.console import Console
from world import (
    HERE,
    PIN,
    ROOT,
    START_SECONDS,
    STOPPING,
    Portal,
    World,
    chosen_ports,
    settings_told,
)

STATE = ROOT / ".demo" / "front"
NGINX = HERE / "nginx"
console = Console()


@dataclass
class FrontedWorld(World):
    """A demo world of its own with nginx before it: two Unix sockets behind two TLS ports."""

    begun_by: ClassVar[str] = "make front"

    pages_port: int = 8443
    certificates_port: int = 8444

    @property
    def issuer(self) -> str:
        """The provider's issuer: the front's port for pages."""
        return f"https://{HOST}:{self.pages_port}"

    @property
    def certificates(self) -> str:
        """The origin at which the front asks for a certificate."""
        return f"https://{HOST}:{self.certificates_port}"

    @property
    def ca(self) -> LocalCa:
        """Who certified the front."""
        return LocalCa(self.state / "tls")

    @property
    def sockets(self) -> Path:
        """Where the two programs listen: closed to everybody else."""
        return self.state / "sockets"

    @property
    def handover_key(self) -> Path:
        """The one key of the certificate door."""
        return self.state / "keys" / "handover.key"

    def environment(self) -> dict[str, str]:
        """What the provider, the certificate door and their commands are told."""
        return {
            **super().environment(),
            "EID_LISTEN": f"unix:{self.sockets / 'pages.sock'}",
            "EID_CERTIFICATE_LOGIN__ORIGIN": self.certificates,
            "EID_CERTIFICATE_LOGIN__SOCKET": str(self.sockets / "certificates.sock"),
            "EID_CERTIFICATE_LOGIN__KEY": str(self.handover_key),
        }

    def door_environment(self) -> dict[str, str]:
        """What the certificate door is told: not where the master key lies."""
        return {**self.environment(), "EID_KEYS__WRAPPING_KEY": os.devnull}

    def portal_environment(self, portal: Portal) -> dict[str, str]:
        """What an agency is told: whom to trust as well."""
        told = super().portal_environment(portal)
        return {**told, "PORTAL_CA_FILE": str(self.ca.authority)}

    def anew(self, elsewhere: str = "") -> str:
        """The commands that begin anew; `elsewhere` sets other ports before them."""
        return f"rm -r {self.state}; {elsewhere}{self.begun_by}"

    def require_free_ports(self, *names: str) -> None:
        """Raise `WorldError` naming every port that is in use, the front's two among them."""
        super().require_free_ports(*names or ("portal", "tax", "library", "bridge"))
        taken = [str(port) for port in (self.pages_port, self.certificates_port) if is_taken(port)]
        if taken:
            raise WorldError(f"port in use: {', '.join(taken)}. Stop what listens there")

    def start(self) -> None:
        """Start everything and wait until each part answers; on failure nothing stays behind."""
        self.require_free_ports()
        self.ca.make()
        try:
            self.start_front()
            self._spawn_bridge()
            self._await("bridge", f"{self.bridge}/health")
            for portal in self.portals:
                words = ["uvicorn", "--factory", "api.portal.main:app", "--host", "127.0.0.1"]
                words += ["--port", str(portal.port), "--no-access-log", "--log-level", "warning"]
                self._spawn(portal.key, words, self.portal_environment(portal))
                self._await(portal.key, f"{portal.origin}/health")
        except BaseException:
            self.stop()
            raise

    def start_front(self) -> None:
        """Start provider, certificate door and nginx alone; on failure nothing stays behind."""
        self.sockets.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.ca.make()
        self.command(["eid", "handover-key", str(self.handover_key)], show=False)
        try:
            self._spawn("provider", ["eid", "serve"], self.environment())
            self._spawn("certificates", ["eid", "serve-certificates"], self.door_environment())
            self._spawn("front", [nginx(), "-c", str(self.write_configuration())], {})
            self._await_tls("provider", f"{self.issuer}/health/ready")
            self._await_tls("certificates", f"{self.certificates}/health/live")
        except BaseException:
            self.stop()
            raise

    def write_configuration(self) -> Path:
        """Fill in docker/nginx/front.conf; return where the whole of it lies."""
        text = (NGINX / "front.conf").read_text(encoding="utf-8")
        for name, value in {
            "USER": "user root;" if os.geteuid() == 0 else "",
            # Told once over TLS, a browser would refuse every plain demo on this host afterwards.
            "LOCAL": "proxy_hide_header Strict-Transport-Security;",
            "STATE": self.state,
            "HERE": NGINX,
            "HOST": HOST,
            "CERTIFICATE": self.ca.certificate,
            "KEY": self.ca.key,
            "PAGES_SOCKET": self.sockets / "pages.sock",
            "CERTIFICATES_SOCKET": self.sockets / "certificates.sock",
            "PAGES_LISTEN": f"127.0.0.1:{self.pages_port}",
            "CERTIFICATES_LISTEN": f"127.0.0.1:{self.certificates_port}",
        }.items():
            text = text.replace(f"%{name}%", str(value))
        written = self.state / "nginx.conf"
        written.write_text(text, encoding="utf-8")
        return written

    def _await_tls(self, name: str, url: str) -> None:
        trusted = ssl.create_default_context(cafile=str(self.ca.authority))
        parts = {part: process for part, process in self.running if part in {name, "front"}}
        until = time.monotonic() + START_SECONDS
        while time.monotonic() < until:
            for part, process in parts.items():
                if process.poll() is not None:
                    raise WorldError(f"{part} ended at once. {self._last_words(part)}")
            try:
                with urllib.request.urlopen(url, timeout=2, context=trusted):  # noqa: S310 - ours
                    return
            except (URLError, OSError):
                time.sleep(0.1)
        raise WorldError(f"{name} does not answer at {url}. {self._last_words(name)}")


def nginx() -> str:
    """Where nginx is; raises `WorldError` where it is not installed."""
    found = shutil.which("nginx", path=os.defpath + ":/usr/sbin:/usr/local/sbin:/opt/homebrew/bin")
    if found is None:
        raise WorldError("nginx is not installed: apt install nginx-light")
    return found


def main() -> int:
    """Make the world if it is not there, start it, tell where, wait for Ctrl-C."""
    for number in STOPPING:
        signal.signal(number, _as_interrupt)
    try:
        return _run(FrontedWorld(STATE, chosen_ports()))
    except WorldError as problem:
        console.print(str(problem), style="red", markup=False, highlight=False, soft_wrap=True)
        return 1


def _run(world: FrontedWorld) -> int:
    try:
        nginx()
        world.require_free_ports()
        if not world.is_made():
            console.print("[bold]Making the world:[/] keys, database, people, cards.")
            world.make()
        world.write_settings()
        console.print("Starting provider, certificate door, front, three agencies and card bridge.")
        world.start()
        console.print(
            f"Pages [bold]{world.issuer}[/], certificates {world.certificates}; trust "
            f"[bold]{world.ca.authority}[/] in your browser.\n"
            f"Begin at [bold]{world.portals[0].origin}[/]. PIN {PIN}. A world of its own: "
            f"its cards lie in {world.cards}, and commands want that folder as --cards.\n"
            f"{settings_told(world)}\n"
            "Stop: [bold]Ctrl-C[/]."
        )
        world.watch()
    except KeyboardInterrupt:
        console.print("\nStopping …")
        return 0
    finally:
        for number in STOPPING:
            signal.signal(number, signal.SIG_IGN)
        world.stop()


def _as_interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main())
