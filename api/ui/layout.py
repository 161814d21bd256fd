"""What all pages look like: the frame around them, and the parts they are put together from."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import copy
from hashlib import blake2b
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from nicegui import ui
from nicegui.elements.mixins.text_element import TextElement

from api.roles import Resource
from api.ui.session import HOME, ROOT, Visit
from api.ui.words import CHINESE, LANGUAGES, Language, Words
from lrs.holders import TEACHER

CLASSES = f"{ROOT}/classes"
LESSONS = f"{ROOT}/lessons"
TEACHERS = f"{ROOT}/teachers"
DISTRICT = f"{ROOT}/district"
SCHOOLS = f"{ROOT}/schools"
REPORT = f"{ROOT}/report"
EVIDENCE = f"{ROOT}/evidence"
EVALUATIONS = f"{ROOT}/evaluations"
SCHEMES = f"{EVALUATIONS}/schemes"
# The pages one can go to from everywhere: a key of words, the path, and whose role may see it.
SECTIONS = (
    ("students.title", HOME, Resource.STUDENTS),
    ("classes.title", CLASSES, Resource.CLASS_PORTRAIT),
    ("lessons.title", LESSONS, Resource.LESSON),
    ("teachers.title", TEACHERS, Resource.TEACHERS),
    ("schools.title", SCHOOLS, Resource.SCHOOL_PORTRAIT),
    ("district.title", DISTRICT, Resource.DISTRICT_PORTRAIT),
    ("report.title", REPORT, Resource.REPORT),
    ("evaluation.title", EVALUATIONS, Resource.SCHEMES),
)

STATEMENTS = f"{ROOT}/statements"
GENERATIONS = f"{ROOT}/generations"
VENDOR = f"{ROOT}/apps"
OPERATIONS = f"{ROOT}/operations"
# The same for who operates the server or an app: these are in a menu of their own.
PLACES: tuple[tuple[str, str, Resource], ...] = (
    ("operations.title", OPERATIONS, Resource.STATUS),
    ("generations.title", GENERATIONS, Resource.GENERATIONS),
    ("vendor.title", VENDOR, Resource.APPS),
    ("statements.title", STATEMENTS, Resource.STATEMENTS),
)

STATIC = Path(__file__).parent / "static"


def _static(name: str) -> str:
    """Give the address of a file, which changes when the file does: browsers load it anew then."""
    edition = blake2b((STATIC / name).read_bytes(), digest_size=6).hexdigest()
    return f"{ROOT}/static/{name}?{edition}"


_HEAD = (
    f'<link rel="stylesheet" href="{_static("xueji.css")}">'
    f'<script defer src="{_static("printing.js")}"></script>'
)

_CLOSE_IF_LEFT = """(event) => {
    const details = event.currentTarget;
    if (!details.contains(event.relatedTarget)) details.open = false;
}"""


class Tag(TextElement):
    """An HTML element by its name, with text that can change; attributes' `_` stands for `-`."""

    def __init__(self, name: str, /, text: str = "", classes: str = "", **attributes: Any) -> None:
        super().__init__(tag=name, text=text)
        self.classes(classes)
        for attribute, value in attributes.items():
            self._props[attribute.strip("_").replace("_", "-")] = value

    def attribute(self, name: str, value: Any) -> None:
        """Set an attribute, if it is not so already."""
        if self._props.get(name) != value:
            self._props[name] = value
            self.update()


@contextmanager
def page(words: Words, title: str, path: str, visit: Visit | None = None) -> Iterator[None]:
    """Put a page together: what is made inside is its content.

    `path` is the page's own, where the switch of language comes back to.
    """
    client = ui.context.client
    client.page = copy(client.page)  # pages are shared between visitors; languages are not
    client.page.language = "zh-CN" if words.language == CHINESE else "en-US"
    ui.add_head_html(_HEAD)
    ui.page_title(f"{title} · {words('product')}")
    with client.layout:  # before NiceGUI's own main element, in which all else is
        skip = Tag("a", words("skip"), "xj-skip", href="#content")
        skip.on("click", js_handler="() => document.getElementById('content').focus()")
        skip.move(target_index=0)
        _header(words, path, visit).move(target_index=1)
    with Tag("div", classes="xj-main", id="content", tabindex="-1"):
        yield


def _header(words: Words, path: str, visit: Visit | None) -> Tag:
    with Tag("header", classes="xj-header") as header, Tag("div", classes="xj-header-inside"):
        with Tag("a", classes="xj-brand", href=HOME):
            Tag("span", classes="xj-brand-mark", aria_hidden="true")
            Tag("span", words("product"))
        if visit is not None:
            _navigation(visit, path)
        with Tag("div", classes="xj-header-end"):
            _language_switch(words, path)
            if visit is not None:
                _account(words, visit)
    return header


def _navigation(visit: Visit, path: str) -> None:
    words = visit.words
    with Tag("nav", classes="xj-navigation", aria_label=words("navigation")):
        holder = visit.credential.holder
        own = holder.person if holder is not None and holder.role == TEACHER else ""
        for key, section, resource in SECTIONS:
            # A teacher's list is of one: a link to the own portrait stands instead.
            if visit.queries.may_see(resource) and not (own and resource is Resource.TEACHERS):
                _section(words(key), section, path)
        if own:
            _section(words("teacher.own"), teacher_link(own), path)
    _menu(visit, path)


def _menu(visit: Visit, path: str) -> None:
    """Put the places for operators and vendors into a menu, for who may see any of them."""
    words = visit.words
    places = [one for one in PLACES if visit.queries.may_see(one[2])]
    if not places:
        return
    with Tag("nav", classes="xj-menu", aria_label=words("manage")), Tag("details") as details:
        summary = Tag("summary", words("manage"))
        if any(path.startswith(place) for _, place, _ in places):
            summary.attribute("aria-current", "true")
        with Tag("div"):
            for key, place, _ in places:
                _section(words(key), place, path)
    details.on("keydown.esc", js_handler="(event) => (event.currentTarget.open = false)")
    details.on("focusout", js_handler=_CLOSE_IF_LEFT)


def _section(name: str, section: str, path: str) -> None:
    link = Tag("a", name, href=section)
    if path.startswith(section):
        link.attribute("aria-current", "page")


def _language_switch(words: Words, path: str) -> None:
    with Tag("div", classes="xj-languages", role="group", aria_label=words("language")):
        for language, name in LANGUAGES.items():
            link = Tag("a", name, href=language_link(language, path), lang=language)
            if language == words.language:
                link.attribute("aria-current", "true")


def _account(words: Words, visit: Visit) -> None:
    app = visit.credential.app
    Tag("span", app, "xj-account", title=words("signed_in_as", app=app))
    with Tag("form", method="post", action=f"{ROOT}/sign-out"):
        Tag("button", words("sign_out"), "xj-plain-button", type="submit")


def language_link(language: Language, path: str) -> str:
    """Give the path that sets a browser's language and comes back to a path."""
    return f"{ROOT}/language/{language}?back={quote(path, safe='')}"


def student_link(person: str, subject: str = "", begin: str = "", to: str = "") -> str:
    """Give the path of a student's page, of a subject and days where these are given."""
    asked = {"subject": subject, "from": begin, "to": to}
    return f"{HOME}/{quote(person, safe='')}{_query(**asked)}"


def class_link(name: str, on: str = "", subject: str = "") -> str:
    """Give the path of a class's page, of a day and a subject where these are given."""
    return f"{CLASSES}/{quote(name, safe='')}{_query(on=on, subject=subject)}"


def lessons_link(subject: str = "", after: tuple[int, str] | None = None) -> str:
    """Give the path of the list of lessons: of a subject, and older than one, where given."""
    begun, lesson = after or ("", "")
    return f"{LESSONS}{_query(subject=subject, begun=str(begun), lesson=lesson)}"


def lesson_link(lesson: str, class_group: str = "", width: int | None = None) -> str:
    """Give the path of a lesson's page: of one of its classes, its timeline's buckets so wide."""
    asked = _query(class_group=class_group, width="" if width is None else str(width))
    return f"{LESSONS}/{quote(lesson, safe='')}{asked}"


def teachers_link(school: str = "") -> str:
    """Give the path of the list of teachers, of one school where that is given."""
    return f"{TEACHERS}{_query(school=school)}"


def teacher_link(person: str) -> str:
    """Give the path of a teacher's page."""
    return f"{TEACHERS}/{quote(person, safe='')}"


def school_link(school: str, on: str = "") -> str:
    """Give the path of a school's page, of a day where that is given."""
    return f"{SCHOOLS}/{quote(school, safe='')}{_query(on=on)}"


def district_link(on: str = "", month: str = "") -> str:
    """Give the path of the district's page, of a day and a month where these are given."""
    return f"{DISTRICT}{_query(on=on, month=month)}"


def report_link(quarter: str = "") -> str:
    """Give the path of the report of a quarter."""
    return f"{REPORT}{_query(quarter=quarter)}"


def first_page(visit: Visit) -> str:
    """Give the first of the pages that a visitor may see; schemes, which all may read, are last."""
    places = sorted((*SECTIONS, *PLACES), key=lambda one: one[2] is Resource.SCHEMES)
    seen = (place for _, place, resource in places if visit.queries.may_see(resource))
    return next(seen, HOME)


def statements_link(**asked: str) -> str:
    """Give the path of the list of statements that match some filters."""
    return f"{STATEMENTS}{_query(**asked)}"


def statement_link(statement_id: str) -> str:
    """Give the path of a statement's page, for ever."""
    return f"{STATEMENTS}/{quote(statement_id, safe='')}"


def comparison_link(name: str, other: str = "", cursor: str = "") -> str:
    """Give the path of what differs between a generation and another, or the live one."""
    parameters = {"with_generation": other, "cursor": cursor}
    return f"{GENERATIONS}/{quote(name, safe='')}/comparison{_query(**parameters)}"


def result_link(of: str, name: str = "", scheme: str = "", begin: str = "", to: str = "") -> str:
    """Give the path of a result: of ``students``, ``classes``, ``schools`` or the ``district``."""
    whose = f"/{quote(name, safe='')}" if name else ""
    return f"{EVALUATIONS}/{of}{whose}{_query(**{'scheme': scheme, 'from': begin, 'to': to})}"


def scheme_link(name: str, version: str = "") -> str:
    """Give the path of a scheme's page, of a version where that is given."""
    return f"{SCHEMES}/{quote(name, safe='')}{_query(version=version)}"


def draft_link(name: str) -> str:
    """Give the path where a scheme is drafted from another."""
    return f"{SCHEMES}/{quote(name, safe='')}/draft"


def comparison_of_schemes(name: str, other: str = "") -> str:
    """Give the path of what differs between a scheme and another."""
    return f"{SCHEMES}/{quote(name, safe='')}/comparison{_query(other=other)}"


def evidence_link(asked: str | Mapping[str, Any]) -> str:
    """Give the path of what a figure rests on: `asked` is what it says as its evidence.

    That is what to ask for (``wanted``), or the address by which the API answers it.
    """
    if isinstance(asked, str):
        return f"{EVIDENCE}?{asked.partition('?')[2]}"
    return f"{EVIDENCE}?{urlencode(asked['wanted'], doseq=True)}"


def _query(**parameters: str) -> str:
    given = {name: value for name, value in parameters.items() if value}
    return f"?{urlencode(given)}" if given else ""


class Card:
    """A titled part of a page; what it means stands behind a question mark."""

    def __init__(self, words: Words, title: str, explanation: str = "", classes: str = "") -> None:
        self.section = Tag("section", classes=f"xj-card {classes}")
        with self.section, Tag("div", classes="xj-card-head"):
            heading = Tag("h2", title)
            self.section.attribute("aria-labelledby", heading.html_id)
            if explanation:
                explain(words, title, explanation)
            self.aside = Tag("span", classes="xj-aside")

    def __enter__(self) -> "Card":
        """Put what follows into the card."""
        self.section.__enter__()
        return self

    def __exit__(self, *error: Any) -> None:
        """Go on behind the card."""
        self.section.__exit__(*error)


def explain(words: Words, what: str, explanation: str) -> None:
    """Put a question mark that opens an explanation, by mouse, touch and keyboard alike."""
    with Tag("details", classes="xj-explain") as details:
        Tag("summary", "?", aria_label=words("explain", what=what))
        Tag("p", explanation)
    details.on("keydown.esc", js_handler="(event) => (event.currentTarget.open = false)")
    details.on("focusout", js_handler=_CLOSE_IF_LEFT)


def message(title: str, text: str, detail: str = "", role: str = "status") -> Tag:
    """Say one thing in the middle of the page, instead of what else would be there.

    `detail` is what the server says itself, in English, and small.
    """
    with Tag("div", classes="xj-message", role=role) as box:
        Tag("h1", title)
        Tag("p", text)
        if detail:
            Tag("small", detail, "xj-note", lang="en")
    return box
