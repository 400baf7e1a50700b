"""The citizen's activation pages. Every step can be left and taken up again."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api import sessions
from api.dependencies import answer_in, first, form, services, show, visit
from api.errors import code_of, status_of
from api.pages.render import Page
from api.routes.names import see_other, who
from eid.errors import CodeNeeded, CodeWrong, EidError, NeedsAssistance, Unknown

router = APIRouter(prefix="/activate", include_in_schema=False)


@router.get("/{link}")
async def start(request: Request, link: str) -> Response:
    """Wherever the case stands."""
    return await _page(request, link, request.query_params.get("method", ""))


@router.post("/{link}/code")
async def code(request: Request, link: str) -> Response:
    """The activation code. An attempt is used up before the code is looked at."""
    fields = await form(request)
    browser = sessions.ensure_browser(request)
    activation = services(request).activation
    try:
        await activation.accept_code(visit(request), link, first(fields, "code"), browser)
    except (CodeWrong, NeedsAssistance) as refusal:
        return await _page(request, link, "", refusal)
    return see_other(f"/activate/{link}")


@router.post("/{link}/card")
async def card(request: Request, link: str) -> Response:
    """What the card said. A refusal shows the step again with a fresh challenge."""
    fields = await form(request)
    said = answer_in(fields)
    browser = sessions.ensure_browser(request)
    try:
        await services(request).activation.prove(visit(request), link, browser, said)
    except Unknown:
        raise
    except EidError as refusal:
        return await _page(request, link, said.method, refusal)
    return see_other(f"/activate/{link}")


async def _page(
    request: Request, link: str, method: str, refusal: EidError | None = None
) -> Response:
    browser = sessions.ensure_browser(request)
    activation = services(request).activation
    case = await activation.open(visit(request), link, browser)
    asked = None
    step = case.step
    if step == "proof" and case.has_card:
        try:
            asked = await activation.ask(visit(request), link, browser, method)
        except CodeNeeded:  # another tab moved the case on
            step = "code"
    page = Page(
        f"activation/{step}.html",
        status=status_of(refusal) if refusal else 200,
        opens_bridge=step == "proof",
        path=f"/activate/{link}?method={asked.method}" if asked and method else f"/activate/{link}",
    )
    return show(
        request,
        page,
        link=link,
        here_again=f"/activate/{link}",
        action=f"/activate/{link}/card",
        method=asked.method if asked else "",
        others=asked.others if asked else (),
        nonce=asked.nonce if asked else "",
        origin=asked.origin if asked else "",
        has_card=case.has_card,
        attempts_left=case.attempts_left,
        until=services(request).local_time(case.until),
        holder_name=await who(request),
        wrong=isinstance(refusal, CodeWrong),
        refusal=code_of(refusal) if refusal and not isinstance(refusal, CodeWrong) else "",
    )
