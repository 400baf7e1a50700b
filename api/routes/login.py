"""Sign-in pages and factor answers."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api import sessions
from api.dependencies import answer_in, form, services, show, visit
from api.errors import code_of, status_of
from api.pages.render import Page
from api.routes.names import agency_name, see_other, who
from eid.domain.assurance import CARD_CERTIFICATE
from eid.domain.challenge import ChallengeAnswer
from eid.errors import EidError, UnknownPending

router = APIRouter(prefix="/login", include_in_schema=False)


@router.get("/{pending}")
async def ask(request: Request, pending: str) -> Response:
    """The page of the factor that is asked next, or of the one that is wished instead."""
    return await _page(request, pending, request.query_params.get("method", ""))


@router.post("/{pending}")
async def answer(request: Request, pending: str) -> Response:
    """What the card said. A refusal shows the same page with a fresh challenge."""
    return await _answered(request, pending, answer_in(await form(request)))


@router.get("/{pending}/certificate")
async def certificate(request: Request, pending: str) -> Response:
    """What the certificate door hands over, by redirect: browsers bring cookies along with that.

    It is no form and needs no form's token: its nonce stood on a page in this browser alone, and
    browsers that say where a way began must say that it was with us (SS-06, SS-08).
    """
    if not sessions.is_from_our_site(request):
        raise sessions.ForeignForm
    query = request.query_params
    said = ChallengeAnswer(
        CARD_CERTIFICATE.name, query.get("nonce", ""), query.get("handover", "").encode()
    )
    return await _answered(request, pending, said)


async def _answered(request: Request, pending: str, said: ChallengeAnswer) -> Response:
    browser, session = sessions.ensure_browser(request), sessions.session_of(request)
    try:
        signed_in = await services(request).login.answer(
            visit(request), pending, browser, said, session
        )
    except UnknownPending:
        raise
    except EidError as refusal:
        return await _page(request, pending, said.method, refusal)
    response = see_other(f"/authorize/{pending}")
    sessions.set_session(response, signed_in.handle)
    return response


async def _page(
    request: Request, pending: str, method: str, refusal: EidError | None = None
) -> Response:
    asked = await services(request).login.begin(
        visit(request), pending, sessions.ensure_browser(request), method
    )
    page = Page(
        f"login/{asked.method}.html",
        status=status_of(refusal) if refusal else 200,
        goes_to=(asked.redirect_origin,),
        opens_bridge=asked.method != CARD_CERTIFICATE.name,
        ui_locales=asked.ui_locales,
        path=f"/login/{pending}?method={asked.method}" if method else f"/login/{pending}",
    )
    return show(
        request,
        page,
        here_again=f"/login/{pending}",
        action=f"/login/{pending}",
        pending=pending,
        method=asked.method,
        others=asked.others,
        nonce=asked.nonce,
        origin=asked.origin,
        agency=agency_name(request, asked.client, asked.ui_locales),
        destination=asked.redirect_origin,
        holder_name=await who(request),
        refusal=code_of(refusal) if refusal else "",
    )
