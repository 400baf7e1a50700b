from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from api.portal.clock import shifted_clock
from api.portal.main import app
from api.portal.settings import PortalSettings
from api.portal.strict_json import read_object


def build(**changed: Any) -> PortalSettings:
    members = {"client_id": "c", "client_secret_file": Path("/none")} | changed
    return PortalSettings.model_validate(members)


@pytest.mark.parametrize(
    "change",
    [
        {"issuer": "http://eid.example"},
        {"issuer": "ftp://localhost"},
        {"issuer": "https://eid.example/?x=1"},
        {"origin": "http://agency.example"},
        {"origin": "http://127.0.0.1:8101/"},
        {"origin": "http://127.0.0.1:8101/path"},
        {"scopes": "profile"},
        {"least_acr": "urn:vn:eid:authn:5"},
        {"cookie_name": "a b"},
        {"cookie_name": "__Host-x"},
        {"colour": "red;}"},
    ],
)
def test_one_unsound_setting_stops_the_start(change: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        build(**change)


def test_addresses_follow_from_the_origin() -> None:
    settings = build(origin="https://agency.example", issuer="https://eid.example/tenant")
    assert settings.redirect_uri == "https://agency.example/callback"
    assert settings.signed_out_uri == "https://agency.example/signed-out"
    assert settings.is_secure
    assert not build().is_secure


def test_the_secret_comes_from_a_file_without_its_line_end(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text(" s3cret\r\n", encoding="utf-8")
    assert build(client_secret_file=secret).client_secret() == "s3cret"
    secret.write_text("\n", encoding="utf-8")
    with pytest.raises(ValueError, match="empty"):
        build(client_secret_file=secret).client_secret()


def test_the_factory_reads_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s", encoding="utf-8")
    monkeypatch.setenv("PORTAL_CLIENT_ID", "tax-demo")
    monkeypatch.setenv("PORTAL_CLIENT_SECRET_FILE", str(secret))
    monkeypatch.setenv("PORTAL_ORIGIN", "http://127.0.0.1:8102")
    assert {route.path for route in app().routes} >= {"/", "/login", "/callback", "/health"}  # type: ignore[attr-defined]
    monkeypatch.setenv("PORTAL_ISSUER", "http://eid.example")
    with pytest.raises(ValidationError):
        app()


def test_the_clock_is_read_anew_at_each_use(tmp_path: Path) -> None:
    offset = tmp_path / "offset"
    real, shifted = shifted_clock(None), shifted_clock(offset)
    second = timedelta(seconds=5)
    assert abs(shifted() - real()) < second  # a missing file means no offset
    offset.write_text("691200\n", encoding="ascii")
    assert abs(shifted() - real() - timedelta(days=8)) < second
    offset.write_text("0", encoding="ascii")
    assert abs(shifted() - real()) < second
    assert shifted().utcoffset() == timedelta()
    offset.write_text("soon", encoding="ascii")
    with pytest.raises(ValueError, match="soon"):
        shifted()


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"{",
        b"{}x",
        b'{"a":1,"a":1}',
        b'{"a":{"b":1,"b":2}}',
        b'{"a":NaN}',
        b'{"a":-Infinity}',
        b'{"a":1e999}',
        b'{"a":"\xff"}',
        b'{"a":"\\udfff"}',
        b'{"\\udfff":1}',
        b'{"a":' + b"[" * 100_000,
        b'{"a":' + b"9" * 10_000 + b"}",
        "{}".encode("utf-16"),
        b"\xef\xbb\xbf{}",
    ],
)
def test_json_with_more_than_one_meaning_is_refused__rfc8725_2_4(raw: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any unreadable text is one kind of error
        read_object(raw)


@given(
    st.binary(max_size=80) | st.text(alphabet='{}[]":,\\u019aeE+-. ', max_size=40).map(str.encode)
)
def test_any_bytes_are_an_object_or_a_value_error(raw: bytes) -> None:
    try:
        assert isinstance(read_object(raw), dict)
    except ValueError:
        return
