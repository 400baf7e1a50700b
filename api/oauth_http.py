"""The only translation between HTTP and the engine: request in, reply out."""

from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import Response

from eid.oidc.messages import EngineReply, EngineRequest, Pairs

FORM = "application/x-www-form-urlencoded"
MAX_FIELDS = 100


async def engine_request(request: Request) -> EngineRequest:
    """A request as the engine reads it: pairs, so that repeated parameters can be refused."""
    media = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    body = await request.body() if request.method == "POST" and media == FORM else b""
    return EngineRequest(
        method=request.method,
        path=request.scope["path"],  # `request.url` is made of the Host header (AZ-25, L-47)
        headers=headers(request),
        query=pairs(request.scope["query_string"]),
        form=pairs(body),
    )


def headers(request: Request) -> dict[str, str]:
    """Headers under canonical names; one sent twice becomes one that cannot be right (L-27)."""
    found: dict[str, str] = {}
    for name, value in request.headers.items():
        key = name.title()
        found[key] = f"{found[key]}, {value}" if key in found else value
    return found


def pairs(text: bytes) -> Pairs:
    """Decode urlencoded text. What is not UTF-8 becomes a replacement character, never a crash."""
    try:
        return tuple(
            parse_qsl(
                text.decode("ascii", "replace"),
                keep_blank_values=True,
                errors="replace",
                max_num_fields=MAX_FIELDS,
            )
        )
    except ValueError:  # more fields than anybody needs (HD-06)
        return (("", ""), ("", ""))  # a repeated parameter: refused as invalid_request


def response(reply: EngineReply) -> Response:
    """The engine's reply, byte for byte."""
    answer = Response(reply.body, status_code=reply.status)
    for name, value in reply.headers:
        answer.headers.append(name, value)
    return answer
