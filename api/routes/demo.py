"""Test-only pages: mail-box, clock, reset. Mounted in the demo environment alone."""

from dataclasses import asdict
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import Response

from api.dependencies import first, form, look, services, show, visit
from api.errors import page as error_page
from api.pages import locale as languages
from api.pages.qr import svg
from api.pages.render import Page
from api.pages.translate import translate
from api.routes.names import see_other, who
from eid.bootstrap import DemoWorld


def require_own_host(request: Request) -> None:
    """Refuse to be called by another name: a rebound DNS name would read the mail-box."""
    if request.headers.get("host") != urlsplit(look(request).issuer).netloc:
        raise HTTPException(404)


router = APIRouter(
    prefix="/demo", include_in_schema=False, dependencies=[Depends(require_own_host)]
)

SHOWN, SEARCHED = 60, 1000
LONGEST_SEARCH = 100
HOUR, DAY = 3600, 86400  # seconds
MAX_HOURS = 87600


def _demo(request: Request) -> DemoWorld:
    demo = services(request).demo
    assert demo is not None  # noqa: S101 - the router is mounted only with it
    return demo


@router.get("")
async def desk() -> Response:
    """The desk's first page is its mail-box."""
    return see_other("/demo/outbox")


@router.get("/outbox")
async def outbox(request: Request) -> Response:
    """Letters and messages that would have reached citizens; all, or those to somebody."""
    wanted = request.query_params.get("to", "").strip()[:LONGEST_SEARCH]
    delivered = _demo(request).outbox.notices(SEARCHED if wanted else SHOWN)
    addressed = _addressed(request, [asdict(notice) for notice in delivered])
    notices = [
        _worded(request, notice)
        for notice in addressed
        if wanted.casefold() in f"{notice['holder']}\n{notice['to']}".casefold()
    ]
    return show(
        request,
        Page("demo/outbox.html"),
        notices=notices[:SHOWN],
        wanted=wanted,
        holder_name=await who(request),
    )


def _addressed(request: Request, notices: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The notices with the name of whom each telephone number or e-mail address reaches."""
    reached = {
        person.declared.get(contact): person.name
        for person in _demo(request).desk.people()
        for contact in ("phone", "email")
    }
    return [
        notice | {"holder": reached.get(notice["to"]) or notice["values"].get("name", "")}
        for notice in notices
    ]


def _worded(request: Request, notice: dict[str, Any]) -> dict[str, Any]:
    language = languages.locale(request, (), look(request).default_locale)
    key, values = f"notice.{notice['template']}", notice["values"]
    link = values.get("link", "")
    return notice | {
        "local_time": services(request).local_time(datetime.fromisoformat(notice["at"])),
        "subject": translate(language, f"{key}.subject", **values),
        "body": translate(language, f"{key}.body", **values),
        "link": link,
        "qr": svg(link, translate(language, "demo.outbox.qr")) if link else "",
    }


@router.get("/clock")
async def clock(request: Request) -> Response:
    """The demo clock's offset."""
    ahead = _demo(request).clock.ahead()
    return show(
        request,
        Page("demo/clock.html"),
        now=services(request).local_time(visit(request).at),
        days=ahead // DAY,
        hours=ahead % DAY // HOUR,
        holder_name=await who(request),
    )


@router.post("/clock")
async def forward(request: Request) -> Response:
    """Go forward; there is no way back."""
    hours = first(await form(request), "hours")
    if not (hours.isascii() and hours.isdigit() and 0 < int(hours[:6]) <= MAX_HOURS):
        return error_page(request, "malformed", 400)
    _demo(request).clock.advance(int(hours[:6]) * HOUR)
    await services(request).tick(visit(request))
    return see_other("/demo/clock")


@router.get("/reset")
async def people(request: Request) -> Response:
    """The invented people and their situations."""
    return await _people(request, "")


@router.post("/reset/{person}")
async def reset(request: Request, person: str) -> Response:
    """Put one person back into the first situation."""
    await form(request)
    name = await _demo(request).desk.arrange(visit(request), person)
    await services(request).tick(visit(request))
    return await _people(request, name)


async def _people(request: Request, done: str) -> Response:
    language = languages.locale(request, (), look(request).default_locale)
    listed = [
        {
            "key": person.key,
            "name": person.name,
            "number": person.number,
            "situation": person.situation,
            "hint": person.hints.get(language, ""),
        }
        for person in _demo(request).desk.people()
    ]
    return show(
        request,
        Page("demo/reset.html"),
        people=listed,
        done=done,
        holder_name=await who(request),
    )
