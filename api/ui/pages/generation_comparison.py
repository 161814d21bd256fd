"""Two generations held against each other: table by table, and person by person."""

import logging
from typing import Any

from nicegui import ui

from api.errors import ApiError
from api.roles import Resource
from api.ui import formats
from api.ui.layout import GENERATIONS, Card, Tag, comparison_link, page, student_link
from api.ui.live import PAGE_SECONDS
from api.ui.permission import is_permitted
from api.ui.refusals import Notice, refusal_said
from api.ui.session import Visit, Visitor
from api.ui.table import Column, DataTable, cell
from api.ui.words import Words

PERSONS = ("account:", "mbox:")  # how keys of persons that have a short name begin
_log = logging.getLogger(__name__)
COUNTS = ("only_one", "only_other", "differs")


@ui.page("/generations/{name}/comparison", response_timeout=PAGE_SECONDS)
async def comparison_page(
    visit: Visitor, name: str, with_generation: str = "", cursor: str = ""
) -> None:
    """Compare a generation with another, the live one if not named."""
    words, path = visit.words, comparison_link(name, with_generation, cursor)
    with page(words, words("generations.title"), path, visit):
        if not await is_permitted(visit, visit.operating.permit(Resource.GENERATIONS)):
            return
        Tag("a", f"‹ {words('back_to_generations')}", "xj-back", href=GENERATIONS)
        with Tag("div", classes="xj-title"):
            heading = Tag("h1", name)
        waiting = Tag("p", words("comparison.comparing"), "xj-waiting", role="status")
        place = Tag("div", classes="xj-stack")

        notice = Notice()

        def say_instead(text: str, detail: str = "") -> None:
            waiting.set_visibility(False)
            notice.show(text, detail, is_fault=True)

        async def compare() -> None:
            """Compare once the page is there: of a whole district that takes a while."""
            try:
                answer = await visit.operating.compare(name, with_generation or None, cursor)
            except ApiError as error:
                why, detail = refusal_said(error, words)
                say_instead(words("change.refused", why=why), detail)
                return
            except Exception:
                _log.exception("two generations can't be compared just now")
                say_instead(words("change.failed"))
                return
            waiting.set_visibility(False)
            heading.text = words("comparison.title", one=answer["one"], other=answer["other"])
            with place:
                _show(visit, answer, with_generation)

        ui.timer(0, compare, once=True)


def _show(visit: Visit, answer: dict[str, Any], with_generation: str) -> None:
    words = visit.words
    if answer["equal"]:
        Tag("p", words("comparison.equal"), "xj-notice", role="status")
    _tables(visit, answer)
    if answer["subjects"]:
        _subjects(visit, answer, with_generation)


def _tables(visit: Visit, answer: dict[str, Any]) -> None:
    words = visit.words
    named = {"only_one": answer["one"], "only_other": answer["other"], "differs": ""}
    with Card(words, words("comparison.tables"), words("comparison.tables.help")):
        table = DataTable(
            words,
            words("comparison.tables"),
            [
                Column("table", words("comparison.table"), sortable=True),
                *(
                    Column(
                        key,
                        words(f"comparison.{key}", name=named[key]),
                        "number",
                        sortable=True,
                        descending=True,
                    )
                    for key in COUNTS
                ),
            ],
            export=words("comparison.tables"),
        )
        table.show(
            {
                "id": one["table"],
                "table": cell(said := table_named(one["table"], words), said, note=one["table"]),
                **{key: cell(formats.count(one[key]), one[key]) for key in COUNTS},
            }
            for one in answer["tables"]
        )


def _subjects(visit: Visit, answer: dict[str, Any], with_generation: str) -> None:
    words = visit.words
    with Card(words, words("comparison.subjects")) as card:
        card.aside.text = words("comparison.subjects.n", n=len(answer["subjects"]))
        with Tag("ol", classes="xj-differences"):
            for one in answer["subjects"]:
                _subject(visit, one, answer)
        if answer["next"]:
            more = comparison_link(answer["one"], with_generation, answer["next"])
            with Tag("p", classes="xj-older"):
                Tag("a", words("comparison.more"), "xj-quiet-button", href=more)


def _subject(visit: Visit, one: dict[str, Any], answer: dict[str, Any]) -> None:
    words, subject = visit.words, one["subject"]
    names = {"only_one": answer["one"], "only_other": answer["other"], "differs": ""}
    is_own = one["store"] == visit.credential.store
    is_person = subject.startswith(PERSONS)
    name = formats.account(subject) if is_person else subject
    with Tag("li", data_subject=subject):
        if is_person and is_own and visit.operating.may(Resource.STUDENT_PORTRAIT):
            Tag("a", name, href=student_link(subject), title=subject)
        else:
            Tag("span", name, title=subject)
        Tag("small", one["store"], "xj-note xj-badge")
        with Tag("ul"):
            for table, rows in one["tables"].items():
                for row in rows:
                    with Tag("li"):
                        Tag("span", table_named(table, words))
                        Tag("span", " · ".join([table, *row["key"]]), "xj-code")
                        what = row["what"]
                        Tag("small", words(f"comparison.row.{what}", name=names[what]), "xj-note")


def table_named(table: str, words: Words) -> str:
    """Say what the rows of a table are."""
    return words.known(f"table.{table}", table)
