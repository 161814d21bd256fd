"""What is shown where there is no page, and where one failed: plain words, nothing of the code."""

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import PlainTextResponse, Response
from nicegui import Client, app, ui

from api.ui.layout import Tag, message, page
from api.ui.session import HOME, ROOT, language_of
from api.ui.words import Words

# Below these are files, not pages.
FILES = (f"{ROOT}/_nicegui", f"{ROOT}/static")


@app.exception_handler(404)
async def no_such_page(request: Request, _: Exception) -> Response:
    """Say that there is no such page."""
    if request.url.path.startswith(FILES):
        return PlainTextResponse("not found", 404)
    with Client(ui.page(""), request=request) as client:
        _say(request, "missing")
    return client.build_response(request, 404)


@app.exception_handler(RequestValidationError)
async def address_refused(request: Request, _: Exception) -> Response:
    """Say that an address asks for something that can't be."""
    with Client(ui.page(""), request=request) as client:
        _say(request, "unreadable")
    return client.build_response(request, 400)


@app.on_page_exception
def page_failed() -> None:
    """Say that a page failed while it was put together; NiceGUI logs why."""
    _say(ui.context.client.request, "failed")


@app.exception_handler(Exception)
async def request_failed(request: Request, _: Exception) -> Response:
    """Say that a page failed before; the server logs why."""
    with Client(ui.page(""), request=request) as client:
        _say(request, "failed")
    return client.build_response(request, 500)


def _say(request: Request, what: str) -> None:
    words = Words(language_of(request))
    with page(words, words(f"{what}.title"), HOME):
        message(words(f"{what}.title"), words(f"{what}.text"))
        Tag("a", words("back_to_students"), "xj-button xj-centre", href=HOME)
