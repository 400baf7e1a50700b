"""Live: the process answers. Ready: it can reach its database and has a key to sign with."""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse

from api.dependencies import services

router = APIRouter(prefix="/health", include_in_schema=False)


@router.get("/live")
async def live() -> JSONResponse:
    """The process answers."""
    return JSONResponse({"status": "ok"})


@router.get("/ready")
async def ready(request: Request) -> JSONResponse:
    """Whether requests can be served."""
    good = await services(request).is_ready()
    return JSONResponse({"status": "ok" if good else "unavailable"}, 200 if good else 503)
