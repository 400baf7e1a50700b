"""RP-initiated logout: end the single sign-on session, with a question where there is doubt."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from api import sessions
from api.dependencies import first, form_of_session, services, show, visit
from api.errors import page as error_page
from api.oauth_http import engine_request, response
from api.pages.render import Page
from api.routes.names import agency_name, by_get, who, without_cookies
from eid.oidc.messages import EngineReply, ErrorPage, LogoutAsked

router = APIRouter(include_in_schema=False)

CARRIED = ("id_token_hint", "client_id", "post_logout_redirect_uri", "state")


@router.api_route("/logout", methods=["GET", "POST"])
async def end_session(request: Request) -> Response:
    """The end-session endpoint (OpenID Connect RP-Initiated Logout 1.0, 2)."""
    asked = await engine_request(request)
    if without_cookies(request):
        return by_get(asked)
    step = await services(request).oidc.end_session(
        asked, visit(request), sessions.session_of(request)
    )
    match step:
        case LogoutAsked():
            carried = [(k, v) for k, v in (*asked.query, *asked.form) if k in CARRIED]
            return show(
                request,
                Page("logout/confirm.html", goes_to=step.redirect_origins),
                agency=agency_name(request, step.client) if step.client else "",
                carried=carried,
                holder_name=await who(request),
            )
        case ErrorPage():
            return error_page(request, step.error, step.status, step.description)
        case EngineReply():
            answer = response(step)
            sessions.drop_session(request, answer)
            return answer
    return _signed_out(request)


@router.post("/logout/confirm")
async def confirm(request: Request) -> Response:
    """The person said yes on our own page."""
    fields = await form_of_session(request)
    step = await services(request).oidc.confirm_logout(
        visit(request),
        sessions.session_of(request),
        {name: first(fields, name) for name in CARRIED if first(fields, name)},
    )
    if isinstance(step, ErrorPage):
        return error_page(request, step.error, step.status, step.description)
    if isinstance(step, EngineReply):
        answer = response(step)
        sessions.drop_session(request, answer)
        return answer
    return _signed_out(request)


def _signed_out(request: Request) -> Response:
    page = show(request, Page("logout/done.html"))
    sessions.drop_session(request, page)
    return page
