"""What exists for the demo exists in the demo alone."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.routing import iter_route_contexts
from integration.api.front_door import ISSUER, FrontDoor, copy_house, open_door, settings_in
from integration.api.visitor import OURS, Visitor

from api.app import create_app
from eid.bootstrap import build_services
from eid.bootstrap.material import mark_material
from eid.config import Environment, Pages
from eid.errors import Misconfigured


@pytest.fixture
def test_door(made_house: Path, tmp_path: Path) -> Iterator[FrontDoor]:
    """The same house, as if it had been made for the environment `test`."""
    copy_house(made_house, tmp_path)
    settings = settings_in(tmp_path, Environment.TEST)
    mark_material(settings.pki.folder, settings.environment.value)
    with asyncio.Runner() as runner:
        opened = open_door(tmp_path, runner, Environment.TEST)
        yield opened
        opened.http.close()
        opened.run(opened.services.close())


def demo_paths(door: FrontDoor) -> list[str]:
    routes = iter_route_contexts(door.app.routes)
    return [str(route.path) for route in routes if str(route.path).startswith("/demo")]


def test_the_demo_has_its_pages(door: FrontDoor, visitor: Visitor) -> None:
    paths = demo_paths(door)
    assert len(paths) == 6
    for path in ("/demo", "/demo/outbox", "/demo/clock", "/demo/reset"):
        assert visitor.get(path).status == 200
    assert visitor.ask("GET", "/demo").location == f"{ISSUER}/demo/outbox"
    assert "/demo/" in visitor.get("/").text


def test_elsewhere_there_is_no_demo_page_and_no_link_to_one__PL_05(
    door: FrontDoor, test_door: FrontDoor
) -> None:
    assert demo_paths(test_door) == []
    visitor = test_door.visitor()
    for path in ("/", "/help", "/nowhere"):
        assert "/demo" not in visitor.get(path).text
    for path in demo_paths(door):
        for method in ("GET", "POST"):
            fields = [("hours", "1")] if method == "POST" else None
            page = visitor.ask(method, path, fields, OURS)
            assert (page.status, page.element("error-code")) == (404, "unknown")


def test_elsewhere_people_sign_in_all_the_same(test_door: FrontDoor) -> None:
    code = test_door.sign_in(test_door.visitor(), "adult_danang")
    assert test_door.redeem(code).status_code == 200


def test_a_demos_house_never_opens_in_production__PL_05__KY_02(
    made_house: Path,
) -> None:
    demo = settings_in(made_house)
    with pytest.raises(Misconfigured) as refused:
        build_services(demo.model_copy(update={"environment": Environment.PRODUCTION}))
    for reason in ("http issuer", "people, outbox, clock", "card bridge"):
        assert reason in str(refused.value)


def test_the_demos_authorities_are_nobody_elses__PL_05(made_house: Path) -> None:
    for environment in (Environment.TEST, Environment.PRODUCTION):
        pages = Pages(bridge="https://reader.example.vn", hotline="1800 5678")
        sound = settings_in(made_house, environment).model_copy(
            update={"issuer": "https://id.example.vn", "pages": pages}
        )
        with pytest.raises(Misconfigured, match="made for demo"):
            build_services(sound)


def test_pages_without_sentences_are_never_served(door: FrontDoor) -> None:
    door.services.pages = replace(door.services.pages, default_locale="xx")
    with pytest.raises(Misconfigured, match="default_locale"):
        create_app(door.services)


@pytest.mark.parametrize("hours", ["0", "-1", "87601", "1e3", "٣", "", "1.5", "9" * 5000, "+1"])
def test_the_clock_goes_forward_by_sane_steps_alone(
    door: FrontDoor, visitor: Visitor, hours: str
) -> None:
    form = visitor.get("/demo/clock").form("/demo/clock")
    page = visitor.post(form, {"hours": hours})
    assert (page.status, page.element("error-code")) == (400, "malformed")
    assert door.services.demo is not None
    assert door.services.demo.clock.ahead() == 0


def test_resetting_nobody_is_told_so(door: FrontDoor, visitor: Visitor) -> None:
    form = visitor.get("/demo/reset").form("/demo/reset/adult_danang")
    form.action = "/demo/reset/nobody"
    page = visitor.post(form, {})
    assert (page.status, page.element("error-code")) == (404, "unknown_person")
    assert "adult_danang" in door.people


@pytest.mark.parametrize("host", ["evil.example", "localhost", "localhost:8001", "127.0.0.1:8000"])
def test_the_demos_pages_answer_to_their_own_name_alone__AZ_25(
    door: FrontDoor, visitor: Visitor, host: str
) -> None:
    for path in ("/demo/outbox", "/demo/clock", "/demo/reset"):
        page = visitor.ask("GET", path, headers={"Host": host})  # a rebound name would read letters
        assert page.status == 404
    assert door.notices("adult_hanoi")["link"] in visitor.get("/demo/outbox").text
