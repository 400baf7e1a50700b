"""The front door, assembled: routers, middleware, error handlers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.resources import files

from fastapi import FastAPI
from starlette.responses import Response
from starlette.routing import Mount
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from api.errors import HANDLERS, page
from api.middleware import FrontDoor
from api.pages.render import Look
from api.pages.translate import LOCALES
from api.routes import DEMO_ROUTERS, ROUTERS
from api.routes.oidc import HOT
from eid.bootstrap import Services
from eid.errors import Misconfigured


class Static(StaticFiles):
    """Our own stylesheet, script and emblem; caches may keep them for a while."""

    async def get_response(self, path: str, scope: Scope) -> Response:
        """A file, or 404."""
        response = await super().get_response(path, scope)
        response.headers["Cache-Control"] = "public, max-age=300"
        return response


def create_app(services: Services) -> FastAPI:
    """Make the ASGI application of the provider.

    Raises:
        Misconfigured: pages shall speak a language that has no sentences.
    """
    if services.pages.default_locale not in LOCALES:
        raise Misconfigured(f"pages.default_locale is one of {', '.join(LOCALES)}")

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        await services.open()
        try:
            yield
        finally:
            await services.close()

    app = FastAPI(
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,  # such a redirect would be built from the Host header (AZ-25)
        lifespan=lifespan,
    )
    app.state.services = services
    app.state.look = Look(
        issuer=services.pages.issuer,
        bridge=services.pages.bridge,
        hotline=services.pages.hotline,
        default_locale=services.pages.default_locale,
        demo=services.demo is not None,
        certificates=services.pages.certificates,
        cards=services.pages.cards,
    )
    app.router.routes[:0] = HOT
    app.router.routes.append(Mount("/static", Static(directory=str(files("api.pages") / "static"))))
    for router in ROUTERS + (DEMO_ROUTERS if services.demo is not None else ()):
        app.include_router(router)
    for error, handler in HANDLERS.items():
        app.add_exception_handler(error, handler)
    app.add_middleware(FrontDoor, page=page)
    return app
