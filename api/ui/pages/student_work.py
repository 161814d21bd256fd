"""What a student is to do, as parts of the own page: the plan of homework, and the mistakes."""

from typing import Any

from api.ui import formats
from api.ui.layout import Card, Tag
from api.ui.portrait import Portrait, as_of, name_of, point_name
from api.ui.session import Visit
from api.ui.table import Column, DataTable, Row, cell, counted_cell
from projections.portraits.mistakes import STATES
from projections.vocabulary import LAYERS


class HomeworkPlan:
    """What to do today, how long it takes, and why each."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        words = self._words = visit.words
        title = words("plan.title")
        with Card(words, title, words("plan.help"), "xj-plan-card xj-wide") as card:
            self._limit = Tag("p", classes="xj-note")
            self._empty = Tag("p", words("plan.empty"), "xj-empty")
            self._table = DataTable(
                words,
                words("plan.caption"),
                [
                    Column("point", words("mastery.point")),
                    Column("layer", words("plan.layer")),
                    Column("items", words("plan.items"), "number"),
                    Column("retry", words("plan.retry"), "number"),
                    Column("minutes", words("plan.minutes"), "number"),
                ],
                export=title,
            )
            self._later = Tag("p", classes="xj-note")
        self._aside = card.aside

    def show(self, portrait: Portrait) -> None:
        """Show the plan of a student."""
        words, plan = self._words, portrait["homework_plan"]
        length = formats.length(60 * plan["minutes"], words)
        told = words("plan.aside", items=plan["items"], length=length)
        self._aside.text = f"{told} · {as_of(self._visit, portrait)}"
        self._limit.text = words.of(plan["limit"])
        self._empty.set_visibility(not plan["points"])
        self._table.set_visibility(bool(plan["points"]))
        self._table.show(self._row(point) for point in plan["points"])
        later = [point_name(self._visit, point) for point in plan["left_for_later"]]
        self._later.set_visibility(bool(later))
        self._later.text = words("plan.later", points=words.listed(later))

    def _row(self, point: dict[str, Any]) -> Row:
        words = self._words
        reasons = words.clauses(words.of(reason) for reason in point["reasons"])
        return {
            "id": point["knowledge_point"],
            "point": cell(point_name(self._visit, point), note=reasons),
            "layer": cell(words.term(LAYERS, point["layer"])),
            "items": cell(formats.count(point["items"])),
            "retry": cell(formats.count(len(point["retry"]))),
            "minutes": cell(formats.length(60 * point["minutes"], words)),
        }


class MistakeBook:
    """The items that went wrong, what was wrong last first."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        words = self._words = visit.words
        title = words("book.title")
        self._card = Card(words, title, classes="xj-book-card xj-wide")
        with self._card:
            self._rule = Tag("p", classes="xj-note")
            self._more = Tag("p", classes="xj-note")
            self._empty = Tag("p", words("book.empty"), "xj-empty")
            self._table = DataTable(
                words,
                words("book.caption"),
                [
                    Column("item", words("book.item"), sortable=True),
                    Column("state", words("book.state"), sortable=True),
                    Column("times", words("book.times"), "number", True, descending=True),
                    Column("attempts", words("book.attempts"), "number", True, descending=True),
                    Column("last", words("book.last"), "number", True, descending=True),
                ],
                export=title,
            )

    def show(self, portrait: Portrait) -> None:
        """Show the mistake book of a student."""
        words, book = self._words, portrait["mistake_book"]
        mistakes = book["mistakes"]
        self._card.aside.text = words("book.n", **book["counts"])
        self._rule.text = words.of(book["rule"])
        self._more.set_visibility(book["more"])
        self._more.text = words("book.more", n=len(mistakes))
        self._empty.set_visibility(not mistakes)
        self._table.set_visibility(bool(mistakes))
        self._table.show(self._row(one) for one in mistakes)

    def _row(self, one: dict[str, Any]) -> Row:
        words, attempts = self._words, len(one["attempts"])
        name = name_of(self._visit, one["names"], one["item"])
        points = [point_name(self._visit, point) for point in one["knowledge_points"]]
        last = formats.moment(one["last_wrong"], self._visit.timezone)
        return {
            "id": one["item"],
            "item": cell(name, name, note=words.listed(points)),
            "state": cell(words(f"book.state.{one['state']}"), STATES.index(one["state"])),
            "times": cell(formats.count(one["times_wrong"]), one["times_wrong"]),
            "attempts": counted_cell(attempts, one["evidence"], words),
            "last": cell(last, one["last_wrong"]),
        }
