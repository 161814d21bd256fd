"""What a student is to do, as parts of the own page: the plan of homework, and the mistakes."""

from datetime import datetime
from typing import Any, Final

from api.ui import formats
from api.ui.asking import Answer
from api.ui.filters import LiveChoice
from api.ui.layout import Card, Tag
from api.ui.live import Live
from api.ui.pager import Pager
from api.ui.portrait import Portrait, as_of, name_of, point_name
from api.ui.session import Visit
from api.ui.table import Column, DataTable, Row, cell, counted_cell
from projections.portraits.mistakes import STATES, Filters, Place
from projections.vocabulary import LAYERS

PAGE_SIZE: Final = 50  # of the mistake book


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
    """The items that went wrong, what was wrong last first, a page at a time.

    It asks for itself: a state and a knowledge point can be chosen; the subject is the page's.
    """

    live: Live[Answer]

    def __init__(self, visit: Visit, person: str, subject: str) -> None:
        self._visit, self._person, self._subject = visit, person, subject
        words = self._words = visit.words
        title = words("book.title")
        self._card = Card(words, title, classes="xj-book-card xj-wide")
        with self._card:
            self._rule = Tag("p", classes="xj-note")
            with Tag("div", classes="xj-choice") as self._choices:
                self._state = LiveChoice(words, words("book.state"), self._chosen)
                self._point = LiveChoice(words, words("mastery.point"), self._chosen)
            self._state.offer({state: words(f"book.state.{state}") for state in STATES})
            self._choices.set_visibility(False)
            self._empty = Tag("p", words("working_out"), "xj-empty")
            self._table = self._make_table(title)
            self._pager = Pager[Place](words, PAGE_SIZE, "book.shown", self._look)
        self._table.set_visibility(False)
        self._pager.set_visibility(False)

    def _make_table(self, title: str) -> DataTable:
        words = self._words
        return DataTable(
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

    async def ask(self) -> Answer:
        """Ask for the page of the book that is to be shown."""
        state = next((one for one in STATES if one == self._state.chosen), None)
        filters = Filters(subject=self._subject, knowledge_point=self._point.chosen, state=state)
        ask = self._visit.queries.mistakes
        return await ask(self._person, filters, PAGE_SIZE, self._pager.place)

    def show(self, book: Answer) -> None:
        """Show a page of the mistake book of a student."""
        words, mistakes = self._words, book["mistakes"]
        n = words("book.n", **book["counts"])
        self._card.aside.text = f"{n} · {as_of(self._visit, book)}"
        self._rule.text = words.of(book["rule"])
        is_chosen = bool(self._state.chosen or self._point.chosen)
        if not self._point.chosen:  # else only points of the same items are counted
            points = book["knowledge_points"]
            self._point.offer(
                {one["knowledge_point"]: point_name(self._visit, one) for one in points}
            )
        self._choices.set_visibility(bool(mistakes) or is_chosen)
        self._empty.text = words("book.none_chosen" if is_chosen else "book.empty")
        self._empty.set_visibility(not mistakes)
        self._table.set_visibility(bool(mistakes))
        self._table.show(self._row(one) for one in mistakes)
        self._pager.show(len(mistakes), book["next"])
        self._pager.set_visibility(not self._pager.is_only)

    def show_broken(self, since: datetime | None) -> None:
        """Say that there is no answer; what was shown before stays."""
        if since is None:
            self._empty.text = self._words("broken.text")

    async def _chosen(self) -> None:
        self._pager.begin()
        await self._look()

    async def _look(self) -> None:
        await self.live.look()

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
