"""The bridge as an ASGI application: the desk's page, the window, and what they ask of a card."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import HTMLResponse, JSONResponse
from fastapi.staticfiles import StaticFiles
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from chipcard_sim.bridge.asked import read_asked
from chipcard_sim.bridge.conversations import CONVERSATIONS, Conversation
from chipcard_sim.bridge.desk import Desk
from chipcard_sim.bridge.drawer import CardSource, PrintedCards
from chipcard_sim.bridge.faces import read_faces
from chipcard_sim.bridge.fetch_metadata import is_by_person, refuse_embedding
from chipcard_sim.bridge.guard import Guard
from chipcard_sim.bridge.journal import Journal
from chipcard_sim.bridge.page import DeskPage, DoorPage, WindowPage
from chipcard_sim.bridge.refusals import Refused
from chipcard_sim.bridge.settings import BridgeSettings
from chipcard_sim.bridge.stream import Broadcast
from chipcard_sim.bridge.view import find_portrait, look

_STATIC = Path(__file__).parent / "static"
_CODES = {404: "not_found", 405: "not_allowed"}

Endpoint = Callable[[Request], Awaitable[Response]]


def create_bridge(
    cards: CardSource, settings: BridgeSettings, journal: Journal | None = None
) -> ASGIApp:
    """Return the application that serves these cards to the providers in the settings.

    Whoever stops the server closes the journal first: that ends the streams.
    """
    desk = Desk(cards, journal or Journal())
    # No OpenAPI pages, and no declared bodies: a refused body would be quoted back, PIN and all.
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.add_exception_handler(Refused, _answer_refused)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(Exception, _answer_failed)
    app.mount("/static", StaticFiles(directory=_STATIC))
    window = WindowPage(settings.origins)
    app.add_route("/", _for_visitors(_desk(desk, DeskPage(), DoorPage())), methods=["GET"])
    app.add_route("/portrait", _for_visitors(_portrait(cards)), methods=["GET"])
    app.add_route("/trace", Broadcast(desk.journal).answer, methods=["GET"])
    app.add_route("/health", _health, methods=["GET"])
    app.add_route("/window", _for_visitors(_window(desk, window)), methods=["GET"])
    if settings.has_picker:
        app.add_route("/cards", _for_visitors(_cards(cards)), methods=["GET"])
    for path, conversation in CONVERSATIONS.items():
        app.add_route(path, _converse(conversation, desk, settings), methods=["POST"])
    return Guard(app, settings.address)


async def _health(_: Request) -> Response:
    return JSONResponse({"status": "ok"})


def _for_visitors(endpoint: Endpoint) -> Endpoint:
    """What other sites may lead a person to, and may not put into their own pages."""

    async def answer(request: Request) -> Response:
        refuse_embedding(request)
        return await endpoint(request)

    return answer


def _desk(desk: Desk, page: DeskPage, door: DoorPage) -> Endpoint:
    async def show(request: Request) -> Response:
        asked = request.query_params
        if not is_by_person(request):
            return HTMLResponse(door.render(asked.get("lang")))  # no card is asked anything
        view = await run_in_threadpool(look, desk, asked.get("card"))
        return HTMLResponse(page.render(asked.get("lang"), view))

    return show


def _portrait(cards: CardSource) -> Endpoint:
    async def portrait(request: Request) -> Response:
        name = request.query_params.get("card", "")
        found = await run_in_threadpool(find_portrait, cards, name)
        if found is None:
            raise Refused("not_found")
        return Response(found, media_type="image/jpeg")

    return portrait


def _window(desk: Desk, page: WindowPage) -> Endpoint:
    async def window(request: Request) -> Response:
        faces = await run_in_threadpool(read_faces, desk.cards)
        language = request.query_params.get("lang")
        shows_print = isinstance(desk.cards, PrintedCards)
        shown = page.render(language, faces, desk.inserted, shows_print=shows_print)
        return HTMLResponse(shown)

    return window


def _cards(cards: CardSource) -> Endpoint:
    async def tell(_: Request) -> Response:
        faces = await run_in_threadpool(read_faces, cards)
        rows = [{"card": face.document_number, "holder": face.holder} for face in faces]
        return JSONResponse({"cards": rows})

    return tell


def _converse(conversation: Conversation, desk: Desk, settings: BridgeSettings) -> Endpoint:
    async def converse(request: Request) -> Response:
        asked = await read_asked(request, settings.address)
        told = await run_in_threadpool(conversation, desk, settings, asked)
        if isinstance(told, str):
            return Response(told, media_type="application/json")
        return JSONResponse(told)

    return converse


async def _answer_refused(_: Request, error: Exception) -> Response:
    if not isinstance(error, Refused):
        raise error
    return JSONResponse(error.as_json(), error.status)


async def _answer_http(request: Request, error: Exception) -> Response:
    status = error.status_code if isinstance(error, HTTPException) else 0
    return await _answer_refused(request, Refused(_CODES.get(status, "malformed")))


async def _answer_failed(request: Request, _: Exception) -> Response:
    # The server writes the traceback to its log, which holds no request body and so no PIN.
    return await _answer_refused(request, Refused("failed"))
