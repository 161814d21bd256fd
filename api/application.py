"""The server put together: one FastAPI application over record, carrier and projections."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import RedirectResponse, Response
from starlette.types import Receive, Scope, Send

from api import (
    apps,
    calibrations,
    checking,
    classes,
    district,
    evaluations,
    evidence,
    forwarders,
    generations,
    identities,
    lessons,
    mappings,
    portraits,
    profiles,
    rosters,
    schemes,
    students,
    teachers,
    trajectories,
)
from api.authentication import count_refusal
from api.errors import ApiError, error_response
from api.services import Services
from api.settings import Settings
from api.ui import mount_ui
from api.xapi.application import XapiApplication
from api.xapi.description import DescribedApplication

XAPI = "/xapi"


class XuejiApplication(DescribedApplication):
    """FastAPI for everything but the xAPI resources, which requests go to directly.

    The layers on the way through FastAPI and Starlette cost more than a tenth of a POST.
    """

    def __init__(self, xapi: XapiApplication, **settings: Any) -> None:
        super().__init__(**settings)
        self._xapi = xapi

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request, or the lifespan."""
        if scope["type"] == "http":
            root = scope.get("root_path", "") + XAPI
            path = scope["path"]
            if path.startswith(root) and path[len(root) : len(root) + 1] in ("", "/"):
                scope["app"] = self
                scope["root_path"] = root
                await self._xapi(scope, receive, send)
                return
        await super().__call__(scope, receive, send)


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

    application = XuejiApplication(
        XapiApplication(settings.default_version),
        title="Xueji 学迹",
        description="An event-sourced learning record store with live portraits.",
        version="0.1.0",
        lifespan=lifespan,
        # FastAPI's own pages for it load scripts from another host; the document itself is served.
        docs_url=None,
        redoc_url=None,
    )
    application.state.settings = settings
    application.add_exception_handler(ApiError, _api_error)
    application.add_exception_handler(RequestValidationError, _malformed_parameter)
    application.add_exception_handler(HTTPException, _http_error)
    application.add_exception_handler(Exception, _server_error)
    application.include_router(portraits.router)
    application.include_router(lessons.router)
    application.include_router(teachers.router)
    application.include_router(classes.router)
    application.include_router(trajectories.router)
    application.include_router(district.router)
    application.include_router(students.router)
    application.include_router(evaluations.router)
    application.include_router(evidence.router)
    application.include_router(profiles.router)
    application.include_router(checking.router)
    application.include_router(mappings.router)
    application.include_router(schemes.router)
    application.include_router(calibrations.router)
    application.include_router(apps.router)
    application.include_router(generations.router)
    application.include_router(forwarders.router)
    application.include_router(rosters.router)
    application.include_router(identities.router)
    application.add_api_route("/", _to_ui, include_in_schema=False)
    mount_ui(application)
    return application


async def _to_ui() -> Response:
    return RedirectResponse("/ui")


async def _api_error(request: Request, error: Any) -> Response:
    count_refusal(request.scope, error)
    return error_response(error)


async def _malformed_parameter(_: Request, error: Any) -> Response:
    """Answer 400 in the one shape of errors, and name the parameter."""
    problem = error.errors()[0]
    name, value = ".".join(map(str, problem["loc"][1:])), problem.get("input")
    message = f"parameter {name!r}: {problem['msg']}"
    return error_response(ApiError(400, message, rule=problem["msg"], value=value))


async def _http_error(request: Request, error: Any) -> Response:
    message = f"{request.method} {request.url.path}: {error.detail}"
    return error_response(ApiError(error.status_code, message, dict(error.headers or {})))


async def _server_error(request: Request, _: Exception) -> Response:
    return error_response(ApiError(500, f"{request.method} {request.url.path}: an internal error"))
