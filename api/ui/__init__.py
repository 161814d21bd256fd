"""The evaluation UI: where people look, at ``/ui``, served wholly from here."""

import asyncio
from hashlib import blake2b
from pathlib import Path
from time import time
from typing import Final

from fastapi import FastAPI, Request
from nicegui import app as nicegui_app
from nicegui import ui
from nicegui.storage import Storage

from api.authentication import demand
from api.errors import REFUSALS, ApiError
from api.settings import Settings
from api.ui import pages as pages  # makes NiceGUI know the pages
from api.ui.charts import BRAND
from api.ui.headers import PageHeaders, SecureCookies
from api.ui.layout import STATIC
from api.ui.session import ROOT, VIEW
from api.ui.tickets import TICKET_SECONDS, Tickets, link
from lrs.credentials import Credentials

SESSION_SECONDS: Final = 12 * 3600  # without a look: a school day

# As the pages do by being imported: once in a process, however often the UI is mounted.
nicegui_app.add_static_files("/static", STATIC)


def mount_ui(application: FastAPI) -> None:
    """Serve the pages under ``/ui``, over the services at ``application.state``.

    Sign-in links are made by ``application.state.tickets``, or by ``POST /ui/tickets``. A process
    has one NiceGUI: the application mounted last is the one it serves.
    """
    settings: Settings = application.state.settings
    application.state.tickets = Tickets()
    application.add_api_route(
        f"{ROOT}/tickets",
        make_ticket,
        methods=["POST"],
        status_code=201,
        tags=["Projections"],
        responses=REFUSALS,
    )
    _keep_sessions_in(settings.data_directory / "ui")
    nicegui_app.state.served = application
    nicegui_app.user_middleware.clear()
    nicegui_app.middleware_stack = None
    nicegui_app.add_middleware(PageHeaders)
    nicegui_app.colors(primary=BRAND)
    ui.run_with(
        application,
        mount_path=ROOT,
        title="学迹 Xueji",
        favicon=STATIC / "xueji.svg",
        language="zh-CN",
        tailwind=False,
        show_welcome_message=False,
        storage_secret=_session_secret(settings),
        session_middleware_kwargs={
            "session_cookie": "xueji_session",
            "path": ROOT,
            "max_age": SESSION_SECONDS,
        },
    )
    nicegui_app.add_middleware(SecureCookies)  # around all that sets cookies


async def make_ticket(request: Request) -> dict[str, str | int]:
    """Make a link that opens the UI once, signed in with the credential of this request."""
    credential = await demand(request, VIEW)
    credentials: Credentials = request.app.state.credentials
    if await asyncio.to_thread(credentials.find, credential.key) is None:
        raise ApiError(403, "a link opens the pages of a key; a bearer token has none")
    tickets: Tickets = request.app.state.tickets
    return {"path": link(tickets.issue(credential.key)), "seconds": TICKET_SECONDS}


def _session_secret(settings: Settings) -> str:
    """Derive what signs the sessions' cookies from the server's own secret."""
    return blake2b(settings.pepper()[:64], digest_size=32, person=b"xueji session").hexdigest()


def _keep_sessions_in(folder: Path) -> None:
    """Keep sessions in a folder, and forget those that no cookie can open any more."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    for file in folder.glob("storage-user-*.json"):
        if file.stat().st_mtime < time() - SESSION_SECONDS:
            file.unlink(missing_ok=True)
    Storage.path = folder.resolve()
    nicegui_app.storage = Storage()
