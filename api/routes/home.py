"""The front page and help."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api import sessions
from api.dependencies import first, form_of_session, services, show, visit
from api.pages.render import Page
from api.routes.names import see_other, who

router = APIRouter(include_in_schema=False)


@router.get("/")
async def home(request: Request) -> Response:
    """What this service is, and who is signed in here."""
    return show(request, Page("home.html"), holder_name=await who(request))


@router.get("/help")
async def help_page(request: Request) -> Response:
    """What to do when the PIN is blocked, the code does not come, the card is lost."""
    return show(request, Page("help.html"), holder_name=await who(request))


@router.post("/sign-out")
async def sign_out(request: Request) -> Response:
    """Not you? End this browser's session and go on as nobody."""
    fields = await form_of_session(request)
    await services(request).login.sign_out(visit(request), sessions.session_of(request))
    pending = first(fields, "pending")
    response = see_other(f"/login/{pending}" if sessions.HANDLE.fullmatch(pending) else "/")
    sessions.drop_session(request, response)
    return response
