"""The demo: a server on the embedded default, and a demo district posted to it as apps would."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import httpx
from rich.console import Console

from api.demo_learning import learn
from api.demo_posting import DistrictPosting
from api.opening import opened_record
from api.roster.files import roster_files
from api.roster.importing import DEFAULT_SOURCE, import_roster
from api.roster.plan import Import
from api.settings import Settings
from apps.catalogue import Catalogue
from apps.client import Posting, TincanPosting
from apps.demo_district import post_district
from apps.district import TERM, District, Scale, make_district
from apps.roster import write_roster
from apps.teaching import ACCOUNTS
from apps.truth import Truth
from lrs.credentials import Credentials
from lrs.drafts import make_authority

STORE = "demo"
VIEWER = "demo-viewer"
SEED = 1
MOST_BY_TINCAN = 100  # students: with more, tincan's single connection would take too long
ROSTER_FOLDER = "roster"
START_SECONDS = 60.0
PROJECTION_SECONDS = 120.0  # without progress


class DemoError(Exception):
    """The demo can't go on; the text says why, for people."""


def run_demo(
    settings: Settings,
    console: Console,
    *,
    scale: Scale,
    leave: bool,
    statements: int | None = None,
) -> None:
    """Serve, post the demo district, say where to look; serve on unless told to `leave`.

    Then, while one looks, the models learn from it, and forecasts begin where there is enough.
    Posting ends early, after the round in which `statements` is reached, if that is given. The
    roster is written as OneRoster CSV beside the record, and imported. Raises DemoError.
    """
    _check_port_is_free(settings)
    truth = Truth(make_district(SEED, scale), keeps_answers=False)
    credentials = _make_credentials(settings, truth.district)
    folder = settings.data_directory / ROSTER_FOLDER
    write_roster(truth.district, folder)
    _import_roster(settings, folder)
    base = f"http://{settings.host}:{settings.port}"
    with _serving(settings) as server:
        _wait_until_it_answers(base, server)
        posting = _posting(f"{base}/xapi", credentials, scale)
        post_district(posting, truth, statements=statements, console=console)
        viewer = httpx.BasicAuth(*credentials[VIEWER])
        _wait_for_the_projection(base, viewer)
        ticket = httpx.post(f"{base}/ui/tickets", auth=viewer).raise_for_status()
        link = base + ticket.json()["path"]
        console.print(
            f"\n[bold]{truth.statements.total():,} statements[/bold] of"
            f" {len(truth.students):,} students are in the record and projected.\n"
            f"花名册 Their roster, OneRoster CSV: {folder}\n\n"
            f"打开 Open  [bold]{link}[/bold]\n"
            f"登录 Sign in later at {base}/ui with key {credentials[VIEWER][0]}"
            f" and secret {credentials[VIEWER][1]}",
            highlight=False,
            soft_wrap=True,
        )
        console.print("\n正在从演示数据学习模型 Learning the models from it …", highlight=False)
        learn(settings, STORE, console)
        if not leave:
            console.print("\nCtrl-C 结束 stops it.", highlight=False)
            server.wait()


def _import_roster(settings: Settings, folder: Path) -> None:
    """Declare the roster as of the term's first day; the same one again declares nothing."""
    how = Import(DEFAULT_SOURCE, ACCOUNTS, TERM[0].isoformat())
    authority = make_authority(settings.home_page, STORE).json
    with opened_record(settings) as record:
        import_roster(record, STORE, roster_files(folder), how, authority)


def _posting(endpoint: str, credentials: Mapping[str, tuple[str, str]], scale: Scale) -> Posting:
    if scale.students <= MOST_BY_TINCAN:
        return TincanPosting(endpoint, credentials)
    return DistrictPosting(endpoint, credentials)


def _make_credentials(settings: Settings, district: District) -> Mapping[str, tuple[str, str]]:
    """Give each app a new credential, and the viewer one; those of an earlier demo are revoked."""
    apps = Catalogue(district).apps
    scopes = {app: ["statements/write", "define"] for app in apps} | {VIEWER: ["all/read"]}
    with opened_record(settings) as record:
        credentials = Credentials(record.statements, settings.pepper())
        for old in credentials.list():
            if old.store == STORE and old.app in scopes and old.revoked is None:
                credentials.revoke(old.key)
        made = {app: credentials.add(STORE, app, wanted) for app, wanted in scopes.items()}
        return {app: (credential.key, secret) for app, (credential, secret) in made.items()}


def _check_port_is_free(settings: Settings) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise DemoError(
                f"port {settings.port} of {settings.host} is taken ({error.strerror}):"
                " stop what uses it, or set XUEJI_PORT to another"
            ) from None


@contextmanager
def _serving(settings: Settings) -> Iterator[subprocess.Popen[bytes]]:
    """Run `xueji serve` beside this process; stop it in the end."""
    command = [sys.executable, "-m", "api", "serve"]
    environment = os.environ | {"XUEJI_DATA_DIRECTORY": str(settings.data_directory)}
    server = subprocess.Popen(command, env=environment)  # noqa: S603 - our own command
    try:
        yield server
    except KeyboardInterrupt:
        pass
    finally:
        if server.poll() is None:
            server.send_signal(signal.SIGINT)
        server.wait()


def _wait_until_it_answers(base: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        if server.poll() is not None:
            raise DemoError("the server stopped before it answered: its message is above")
        try:
            httpx.get(f"{base}/xapi/about").raise_for_status()
            return
        except httpx.TransportError:
            time.sleep(0.1)
    raise DemoError(f"the server did not answer within {START_SECONDS:.0f} seconds")


def _wait_for_the_projection(base: str, viewer: httpx.BasicAuth) -> None:
    least: int | None = None
    deadline = time.monotonic() + PROJECTION_SECONDS
    while time.monotonic() < deadline:
        status = httpx.get(f"{base}/v1/status", auth=viewer).raise_for_status().json()
        lag = status["carrier"]["lag"]
        if lag == 0:
            return
        if least is None or lag < least:
            least, deadline = lag, time.monotonic() + PROJECTION_SECONDS
        time.sleep(0.1)
    raise DemoError(f"the projection did not catch up: {status['carrier']['error']}")
