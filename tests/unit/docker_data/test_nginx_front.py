"""The front's configuration: every way to an application says what becomes of the certificate."""

import re
from pathlib import Path

import pytest

NGINX = Path(__file__).resolve().parents[3] / "docker" / "nginx"
COMMON = "include %HERE%/proxy_common.conf;"
BLANK = 'proxy_set_header X-Client-Cert "";'
NAMED = "proxy_set_header X-Client-Cert $ssl_client_escaped_cert;"


def blocks(text: str, head: str) -> list[tuple[str, str]]:
    """What follows the head, and the inside, of each block that begins with it."""
    found = []
    for match in re.finditer(rf"^\s*{head}\b([^{{;\n]*)\{{", text, flags=re.MULTILINE):
        depth, end = 1, match.end()
        while depth:
            depth += {"{": 1, "}": -1}.get(text[end], 0)
            end += 1
        found.append((match[1].strip(), text[match.end() : end - 1]))
    return found


def breaches(text: str) -> list[str]:
    """Locations through which a certificate of the client's own invention would pass."""
    found = []
    for _, server in blocks(text, "server"):
        asks = "ssl_verify_client" in server
        for name, location in blocks(server, "location"):
            wanted = NAMED if asks else BLANK
            said = re.findall(r"proxy_set_header\s+X-Client-Cert\b[^;]*;", location)
            if said != [wanted]:
                found.append(f"{name}: {said}")
            if COMMON not in location:
                found.append(f"{name}: not what every location says")
            upstream = "certificates" if asks else "pages"
            if f"proxy_pass http://{upstream};" not in location:
                found.append(f"{name}: leads elsewhere")
    return found


@pytest.fixture
def text() -> str:
    return (NGINX / "front.conf").read_text(encoding="utf-8")


def test_every_location_says_what_becomes_of_the_certificate(text: str) -> None:
    assert breaches(text) == []
    assert len(blocks(text, "server")) == 2
    assert sum(len(blocks(server, "location")) for _, server in blocks(text, "server")) == 3


def test_only_one_port_asks_and_it_is_not_the_pages(text: str) -> None:
    asking = [server for _, server in blocks(text, "server") if "ssl_verify_client" in server]
    assert len(asking) == 1
    assert "listen %CERTIFICATES_LISTEN% ssl;" in asking[0]
    assert "keepalive_timeout 0;" in asking[0]


def test_no_connection_is_resumed_and_old_tls_is_not_spoken(text: str) -> None:
    assert "ssl_session_tickets off;" in text
    assert "ssl_session_cache off;" in text
    assert "ssl_protocols TLSv1.2 TLSv1.3;" in text


def test_addresses_are_not_logged__PI_02(text: str) -> None:
    assert "access_log off;" in text
    assert re.findall(r"error_log[^;]*;", text) == ["error_log stderr crit;"]


def test_what_every_location_says_does_not_name_the_certificate() -> None:
    common = (NGINX / "proxy_common.conf").read_text(encoding="utf-8")
    said = "\n".join(line for line in common.splitlines() if not line.startswith("#"))
    assert "X-Client-Cert" not in said
    assert 'proxy_set_header Connection "";' in said


@pytest.mark.parametrize("line", [COMMON, BLANK, NAMED])
def test_a_line_that_is_missing_would_be_seen(text: str, line: str) -> None:
    assert breaches(text.replace(line, "", 1))


def test_a_location_more_would_be_seen(text: str) -> None:
    more = "location /static { proxy_pass http://pages; }\n    location / {"
    assert breaches(text.replace("location / {", more, 1))
