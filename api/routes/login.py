"""Sign-in pages and factor answers."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api import sessions
from api.dependencies import first, form, services, show, visit
from api.errors import code_of, status_of
from api.pages.render import Page
from api.routes.names import agency_name, see_other, who
from eid.errors import EidError, UnknownPending

router = APIRouter(prefix="/login", include_in_schema=False)


@router.get("/{pending}")
async def ask(request: Request, pending: str) -> Response:
    """The page of the factor that is asked next."""
    return await _page(request, pending)


@router.post("/{pending}")
async def answer(request: Request, pending: str) -> Response:
    """What the card said. A refusal shows the same page with a fresh challenge."""
    fields = await form(request)
    try:
        signed_in = await services(request).login.answer(
            visit(request),
            pending,
            sessions.ensure_browser(request),
            first(fields, "nonce"),
            first(fields, "answer").encode(),
            sessions.session_of(request),
        )
    except UnknownPending:
        raise
    except EidError as refusal:
        return await _page(request, pending, refusal)
    response = see_other(f"/authorize/{pending}")
    sessions.set_session(response, signed_in.handle)
    return response


async def _page(request: Request, pending: str, refusal: EidError | None = None) -> Response:
    asked = await services(request).login.begin(
        visit(request), pending, sessions.ensure_browser(request)
    )
    page = Page(
        f"login/{asked.method}.html",
        status=status_of(refusal) if refusal else 200,
        goes_to=(asked.redirect_origin,),
        opens_bridge=True,
        ui_locales=asked.ui_locales,
        path=f"/login/{pending}",
    )
    return show(
        request,
        page,
        action=f"/login/{pending}",
        pending=pending,
        nonce=asked.nonce,
        origin=asked.origin,
        agency=agency_name(request, asked.client, asked.ui_locales),
        destination=asked.redirect_origin,
        holder_name=await who(request),
        refusal=code_of(refusal) if refusal else "",
    )
