"""The server put together: one FastAPI application over record, carrier and projections."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import portraits
from api.errors import ApiError, error_response
from api.services import Services
from api.settings import Settings
from api.ui import mount_ui
from api.xapi import about, statements
from api.xapi.versions import answered_header
from lrs.versions import Version


def create_application(settings: Settings) -> FastAPI:
    """Build the application; record and projections open when it starts and close when it stops."""

    @asynccontextmanager
    async def lifespan(application: FastAPI) -> AsyncIterator[None]:
        services = Services.open(settings)
        services.attach(application)
        try:
            yield
        finally:
            services.close()

    application = FastAPI(
        title="Xueji 学迹",
        description="An event-sourced learning record store with live portraits.",
        version="0.1.0",
        lifespan=lifespan,
    )
    application.state.settings = settings
    application.add_middleware(VersionHeader, default=settings.default_version)
    application.add_exception_handler(ApiError, _api_error)
    application.add_exception_handler(HTTPException, _http_error)
    application.add_exception_handler(Exception, _server_error)
    application.include_router(statements.router)
    application.include_router(about.router)
    application.include_router(portraits.router)
    application.add_api_route("/", _to_ui, include_in_schema=False)
    mount_ui(application)
    return application


async def _to_ui() -> Response:
    return RedirectResponse("/ui")


async def _api_error(_: Request, error: Any) -> Response:
    return error_response(error)


async def _http_error(request: Request, error: Any) -> Response:
    message = f"{request.method} {request.url.path}: {error.detail}"
    return error_response(ApiError(error.status_code, message, dict(error.headers or {})))


async def _server_error(request: Request, _: Exception) -> Response:
    return error_response(ApiError(500, f"{request.method} {request.url.path}: an internal error"))


class VersionHeader:
    """Names the xAPI version in every answer under /xapi, errors included."""

    def __init__(self, app: ASGIApp, default: Version) -> None:
        self.app = app
        self.default = default

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or not scope["path"].startswith("/xapi"):
            await self.app(scope, receive, send)
            return
        header = answered_header(scope["headers"], self.default)

        async def named(message: Message) -> None:
            if message["type"] == "http.response.start":
                message.setdefault("headers", []).append(header)
            await send(message)

        await self.app(scope, receive, named)
