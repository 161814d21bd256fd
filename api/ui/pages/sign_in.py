"""Signing in by key and secret or by a one-time link, signing out, and the switch of language."""

import logging
from html import escape
from time import time
from typing import Annotated
from urllib.parse import parse_qs, urlencode

from fastapi import HTTPException, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from nicegui import app, ui

from api import openid
from api.authentication import doorkeeper
from api.bearer import IssuerUnreachable
from api.errors import ApiError
from api.ui import session
from api.ui.layout import Tag, first_page, page
from api.ui.session import (
    HOME,
    LANGUAGE_COOKIE,
    SIGN_IN,
    NotSignedIn,
    Visit,
    Visitor,
    language_of,
    own_page,
)
from api.ui.tickets import TICKET_SECONDS
from api.ui.words import LANGUAGES, Words
from lrs.credentials import Credential

OPENID = f"{session.ROOT}/openid"
YEAR = 366 * 24 * 3600  # seconds
LONGEST_FORM = 4096  # bytes
SEE_OTHER = 303

_log = logging.getLogger(__name__)

# What is said over the form, by the word in the address: a key of words.
NOTICES = {
    "wrong": "sign_in.wrong",
    "used-link": "sign_in.used_link",
    "left": "sign_in.left",
    "too-many": "sign_in.too_many",
    "refused": "sign_in.refused",
    "unreachable": "sign_in.unreachable",
}


@ui.page("/sign-in")
def sign_in_page(request: Request, notice: str = "", wanted: str = HOME) -> None:
    """Ask for key and secret."""
    words = Words(language_of(request))
    path = _sign_in_path(notice=notice, wanted=own_page(wanted))
    with page(words, words("sign_in.title"), path), Tag("div", classes="xj-sign-in"):
        Tag("span", classes="xj-brand-mark xj-brand-mark-large", aria_hidden="true")
        Tag("h1", words("product"))
        Tag("p", words("sign_in.purpose"), "xj-purpose")
        if notice in NOTICES:
            notice_text = words(NOTICES[notice], minutes=TICKET_SECONDS // 60)
            is_error = notice != "left"
            Tag("p", notice_text, "xj-notice", role="alert" if is_error else "status")
        if session.provider() is not None:
            address = f"{OPENID}/begin?{urlencode({'wanted': own_page(wanted)})}"
            Tag("a", words("sign_in.provider"), "xj-button xj-provider", href=address)
            Tag("p", words("sign_in.or"), "xj-note xj-or")
        _form(words, own_page(wanted))
        Tag("p", words("sign_in.children"), "xj-note")


def _form(words: Words, wanted: str) -> None:
    with Tag("form", method="post", action=SIGN_IN, classes="xj-form"):
        Tag("input", type="hidden", name="wanted", value=wanted)
        with Tag("label"):
            Tag("span", words("sign_in.key"))
            Tag("input", name="key", autocomplete="username", required=True, autofocus=True)
        with Tag("label"):
            Tag("span", words("sign_in.secret"))
            Tag(
                "input",
                name="secret",
                type="password",
                autocomplete="current-password",
                required=True,
            )
        Tag("button", words("sign_in.button"), "xj-button", type="submit")


@app.post("/sign-in")
async def sign_in(request: Request) -> Response:
    """Sign in who proves a credential that may view portraits; whoever else learns only that."""
    _demand_own_form(request)
    form = await _form_of(request)
    wanted = own_page(form.get("wanted", HOME))
    credential = await session.prove(form.get("key", "").strip(), form.get("secret", "").strip())
    if credential is None:
        return RedirectResponse(
            _sign_in_path(notice=_failed(request, "wrong"), wanted=wanted), SEE_OTHER
        )
    session.sign_in(credential)
    return RedirectResponse(_led_to(wanted, request, credential), SEE_OTHER)


def _failed(request: Request, notice: str) -> str:
    """Count a failed sign-in; gives what to say: there may have been too many."""
    try:
        doorkeeper(app.state.served).count_failure(request)
    except ApiError:
        return "too-many"
    return notice


@app.get("/openid/begin")
async def begin_at_provider(request: Request, wanted: str = HOME) -> Response:
    """Send the browser to the provider, where people prove who they are."""
    provider = session.provider()
    if provider is None:
        return RedirectResponse(SIGN_IN, SEE_OTHER)
    begun = openid.begin(own_page(wanted), _back_here(request))
    try:
        address = await provider.address(begun)
    except IssuerUnreachable:
        return RedirectResponse(_sign_in_path(notice="unreachable", wanted=begun.wanted), SEE_OTHER)
    session.begin(begun)
    return RedirectResponse(address, SEE_OTHER)


@app.get("/openid")
async def back_from_provider(request: Request) -> Response:
    """Sign in whom the provider names; of who isn't, only that is said, and why is logged."""
    provider, begun = session.provider(), session.come_back()
    if provider is None or begun is None:
        return RedirectResponse(_sign_in_path(notice=_failed(request, "refused")), SEE_OTHER)
    try:
        person = await provider.signed_in(begun, dict(request.query_params))
    except openid.SignInRefused as error:
        _log.warning("a sign-in by the OpenID provider was refused: %s", error)
        notice = _failed(request, "refused")
        return RedirectResponse(_sign_in_path(notice=notice, wanted=begun.wanted), SEE_OTHER)
    except IssuerUnreachable:
        return RedirectResponse(_sign_in_path(notice="unreachable", wanted=begun.wanted), SEE_OTHER)
    minutes = session.services().settings.oidc_session_minutes
    session.sign_in_person(person, until=time() + 60 * minutes)
    return RedirectResponse(_led_to(begun.wanted, request, person.credential), SEE_OTHER)


def _back_here(request: Request) -> str:
    """Give the address that the provider sends browsers back to, as it knows it."""
    settings = session.services().settings
    return settings.oidc_redirect_url or f"{session.server_of(request)}{OPENID}"


@app.get("/enter")
async def enter(request: Request, ticket: str, wanted: str = HOME) -> Response:
    """Sign in by a one-time link; a used one still leads on who is signed in already."""
    credential = await session.proved_by_ticket(ticket)
    if credential is not None:
        session.sign_in(credential)
        return RedirectResponse(_led_to(own_page(wanted), request, credential), SEE_OTHER)
    if not await session.is_signed_in(request):
        return RedirectResponse(_sign_in_path(notice="used-link"), SEE_OTHER)
    return RedirectResponse(own_page(wanted), SEE_OTHER)


@app.post("/sign-out")
async def sign_out(request: Request) -> Response:
    """Forget who is signed in; whom the provider has signed in leaves there too, if it offers that.

    Browsers take no form to another site here (Content-Security-Policy, form-action), not by a
    redirect either: so this answers a page that goes there.
    """
    _demand_own_form(request)
    provider, id_token = session.provider(), session.sign_out()
    if provider is None or not id_token:
        return RedirectResponse(_sign_in_path(notice="left"), SEE_OTHER)
    address = await provider.leaving(id_token, f"{_back_here(request)}/left")
    if address is None:
        return RedirectResponse(_sign_in_path(notice="left"), SEE_OTHER)
    words, to = Words(language_of(request)), escape(address)
    text = words("sign_out.leaving")
    return HTMLResponse(
        f'<!doctype html><html lang="{words.language}"><meta charset="utf-8">'
        f'<meta http-equiv="refresh" content="0; url={to}"><title>{text}</title>'
        f'<p><a href="{to}">{text}</a></p></html>',
        headers={"Cache-Control": "no-store"},
    )


@app.get("/openid/left")
def left_at_provider() -> Response:
    """Say that somebody has left, to who comes back from leaving at the provider."""
    return RedirectResponse(_sign_in_path(notice="left"), SEE_OTHER)


@app.get("/language/{language}")
def set_language(language: str, back: Annotated[str, "a page's path"] = HOME) -> Response:
    """Set the language of this browser, and go back."""
    response = RedirectResponse(own_page(back), SEE_OTHER)
    if language in LANGUAGES:
        response.set_cookie(LANGUAGE_COOKIE, language, YEAR, path=session.ROOT, samesite="lax")
    return response


@app.get("/")
def root(visit: Visitor) -> Response:
    """Go to the first page that the visitor may see."""
    return RedirectResponse(first_page(visit), SEE_OTHER)


@app.exception_handler(NotSignedIn)
async def ask_to_sign_in(_: Request, error: NotSignedIn) -> Response:
    """Lead a visitor who is not signed in to the form, and from there to what was wanted."""
    return RedirectResponse(_sign_in_path(wanted=own_page(error.wanted)), SEE_OTHER)


def _led_to(wanted: str, request: Request, credential: Credential) -> str:
    """Give where somebody goes who has just signed in: nobody begins where all is refused."""
    visit = Visit(credential, language_of(request), session.services())
    return first_page(visit) if wanted == HOME else wanted


def _sign_in_path(**query: str) -> str:
    said = {name: value for name, value in query.items() if value and value != HOME}
    return f"{SIGN_IN}?{urlencode(said)}" if said else SIGN_IN


def _demand_own_form(request: Request) -> None:
    """Refuse a form that another site made the browser send.

    Browsers say where a form comes from in Sec-Fetch-Site, though only by https (Fetch Metadata,
    2.1) and not all: else Origin says it (RFC 6454, 7). What has neither comes from no browser.
    Origins are compared without their schemes, for a proxy may speak https for us and not say so.
    """
    site, origin = (request.headers.get(name) for name in ("sec-fetch-site", "origin"))
    if site is not None:
        is_own = site in ("same-origin", "none")
    else:
        is_own = origin is None or origin.partition("://")[2] == request.url.netloc
    if not is_own:
        raise HTTPException(403, "this form was sent by another site")


async def _form_of(request: Request) -> dict[str, str]:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > LONGEST_FORM:
            raise HTTPException(413, f"a form has at most {LONGEST_FORM} bytes")
    fields = parse_qs(body.decode("utf-8", "replace"), max_num_fields=10)
    return {name: values[0] for name, values in fields.items()}
