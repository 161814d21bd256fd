"""What every answer of the UI tells browsers: load nothing from elsewhere, keep what can stay."""

import re
from typing import Final

from nicegui import __version__
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# NiceGUI's pages hold scripts and styles of their own, and Vue compiles templates in the browser.
_POLICY: Final = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data:",
        "font-src 'self' data:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
_HEADERS: Final = {
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
# These addresses hold NiceGUI's version, so what they give never changes; NiceGUI says so only
# where it isn't mounted under a path. Components' addresses don't change when ours do.
_UNCHANGING: Final = re.compile(rf"/_nicegui/{re.escape(__version__)}/(static|libraries|esm)/")
_COMPONENT: Final = re.compile(r"/_nicegui/[^/]+/components/")
# Private, because answers may set the session's cookie.
_FOR_EVER: Final = "private, max-age=31536000, immutable"


class SecureCookies:
    """Keeps cookies that were set by https from ever being sent without it (RFC 6265, 4.1.2.5)."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http" or scope["scheme"] != "https":
            await self.app(scope, receive, send)
            return

        async def secured(message: Message) -> None:
            if message["type"] == "http.response.start":
                message["headers"] = [
                    (name, value + b"; Secure" if _is_insecure(name, value) else value)
                    for name, value in message["headers"]
                ]
            await send(message)

        await self.app(scope, receive, secured)


def _is_insecure(name: bytes, value: bytes) -> bool:
    return name.lower() == b"set-cookie" and b"; secure" not in value.lower()


class PageHeaders:
    """Adds the headers to every answer: a page can load nothing from another host."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(_HEADERS)
                if _UNCHANGING.search(scope["path"]):
                    headers["Cache-Control"] = _FOR_EVER
                elif _COMPONENT.search(scope["path"]):
                    headers["Cache-Control"] = "no-cache"
            await send(message)

        await self.app(scope, receive, with_headers)
