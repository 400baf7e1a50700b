"""The bridge as an ASGI application: one window, and three things to ask of a card."""

from collections.abc import Awaitable, Callable
from pathlib import Path

from fastapi import FastAPI
from fastapi.responses import HTMLResponse, JSONResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp

from chipcard_sim.bridge.asked import read_asked
from chipcard_sim.bridge.conversations import CONVERSATIONS, Conversation
from chipcard_sim.bridge.drawer import Drawer
from chipcard_sim.bridge.faces import read_faces
from chipcard_sim.bridge.guard import Guard
from chipcard_sim.bridge.page import WindowPage
from chipcard_sim.bridge.refusals import Refused
from chipcard_sim.bridge.settings import BridgeSettings

_STATIC = Path(__file__).parent / "static"
_CODES = {404: "not_found", 405: "not_allowed"}

Endpoint = Callable[[Request], Awaitable[Response]]


def create_bridge(drawer: Drawer, settings: BridgeSettings) -> ASGIApp:
    """Return the application that serves the cards of a drawer to the providers in the settings."""
    # No OpenAPI pages, and no declared bodies: a refused body would be quoted back, PIN and all.
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.add_exception_handler(Refused, _answer_refused)
    app.add_exception_handler(HTTPException, _answer_http)
    app.add_exception_handler(Exception, _answer_failed)
    app.mount("/static", StaticFiles(directory=_STATIC))
    app.add_route("/", _to_window, methods=["GET"])
    app.add_route("/health", _health, methods=["GET"])
    app.add_route("/window", _window(drawer, WindowPage(settings.origins)), methods=["GET"])
    if settings.has_picker:
        app.add_route("/cards", _cards(drawer), methods=["GET"])
    for path, conversation in CONVERSATIONS.items():
        app.add_route(path, _converse(conversation, drawer, settings), methods=["POST"])
    return Guard(app, settings.address)


async def _health(_: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def _to_window(_: Request) -> Response:
    return RedirectResponse("/window", 303)


def _window(drawer: Drawer, page: WindowPage) -> Endpoint:
    async def window(request: Request) -> Response:
        cards = await run_in_threadpool(read_faces, drawer)
        return HTMLResponse(page.render(request.query_params.get("lang"), cards))

    return window


def _cards(drawer: Drawer) -> Endpoint:
    async def cards(_: Request) -> Response:
        faces = await run_in_threadpool(read_faces, drawer)
        rows = [{"card": face.document_number, "holder": face.holder} for face in faces]
        return JSONResponse({"cards": rows})

    return cards


def _converse(conversation: Conversation, drawer: Drawer, settings: BridgeSettings) -> Endpoint:
    async def converse(request: Request) -> Response:
        asked = await read_asked(request, settings.address)
        return JSONResponse(await run_in_threadpool(conversation, drawer, settings, asked))

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
