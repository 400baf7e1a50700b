"""What others need to check a card by themselves: certificates, the revocation list, OCSP."""

import base64
import binascii

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from api.dependencies import services, visit

router = APIRouter(prefix="/pki", include_in_schema=False)

# RFC 5019 section 6.2: answers to GET may be kept as long as they are good.
_KEPT = {"Cache-Control": "public, max-age=60"}


@router.post("/ocsp")
async def ask(request: Request) -> Response:
    """RFC 6960, appendix A.1."""
    return _answered(await services(request).statuses.answer(visit(request), await request.body()))


@router.get("/ocsp/{question:path}")
async def ask_by_address(request: Request, question: str) -> Response:
    """RFC 6960, appendix A.1: the request in base64, as the last part of the address."""
    try:
        asked = base64.b64decode(question, validate=True)
    except (binascii.Error, ValueError):
        asked = b""  # it gets the answer that any unreadable request gets
    answer = await services(request).statuses.answer(visit(request), asked)
    return _answered(answer, _KEPT)


@router.get("/card_ca.crl")
async def revocation_list(request: Request) -> Response:
    """RFC 2585, 4.2."""
    crl = await services(request).statuses.revocation_list(visit(request))
    return Response(crl, media_type="application/pkix-crl", headers=_KEPT)


@router.get("/{name}.cer")
async def certificate(request: Request, name: str) -> Response:
    """An authority's certificate; RFC 2585, 4.1."""
    der = services(request).published_certificates.get(name)
    if der is None:
        raise HTTPException(404)
    return Response(der, media_type="application/pkix-cert", headers=_KEPT)


def _answered(answer: bytes, headers: dict[str, str] | None = None) -> Response:
    return Response(answer, media_type="application/ocsp-response", headers=headers)
