"""What a lesson's page shows of after class: homework, corrections, and what homework proved."""

from typing import Any, Final

from api.ui import formats
from api.ui.layout import Card, Tag
from api.ui.pages.lesson_parts import part_cell, share_cell, student_href, who
from api.ui.portrait import Portrait, name_of, point_name
from api.ui.session import Visit
from api.ui.table import Cell, Column, DataTable, Row, cell, figure_cell
from projections.vocabulary import PHASES

STATES: Final = ("on_time", "late", "done", "begun", "open", "missing")
CHANGES: Final = ("pre_in", "in_post", "pre_post")


class Homework:
    """What was set, and who handed it in when."""

    COLUMNS = ("state", "time", "seconds", "score", "right")

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        words = self._words = visit.words
        title = words("homework.title")
        with Card(words, title, words("homework.help"), "xj-homework-card xj-wide") as card:
            self._empty = Tag("p", words("homework.empty"), "xj-empty")
            columns = [
                Column(key, words(f"homework.{key}"), "number", True) for key in self.COLUMNS
            ]
            self._table = DataTable(
                words,
                words("homework.caption"),
                [
                    Column("name", words("students.name"), "link", sortable=True),
                    Column("homework", words("homework.which"), sortable=True),
                    *columns,
                ],
                export=title,
            )
        self._aside = card.aside

    def show(self, portrait: Portrait) -> None:
        """Show the homework of a lesson."""
        words, homework = self._words, portrait["post"]["homework"]
        states = {state: sum(one["states"][state] for one in homework) for state in STATES}
        told = [words(f"homework.n.{state}", n=n) for state, n in states.items() if n]
        self._aside.text = " · ".join(told)
        self._empty.set_visibility(not homework)
        self._table.set_visibility(bool(homework))
        self._table.show(self._row(one, each) for one in homework for each in one["learners"])

    def _row(self, homework: dict[str, Any], one: dict[str, Any]) -> Row:
        words, result = self._words, one["result"]
        time = formats.moment(one["time"], self._visit.timezone) if one["time"] else ""
        name = name_of(self._visit, homework["names"], homework["item"])
        seconds = one["seconds"] or 0
        return {
            "id": f"{homework['item']} {one['person']}",
            "name": cell(who(one), who(one), href=student_href(one)),
            "homework": cell(name, name),
            "state": figure_cell(
                words(f"homework.state.{one['state']}"),
                STATES.index(one["state"]),
                one["evidence"],
                words,
            ),
            "time": cell(time or words("nothing"), time or None),
            "seconds": cell(formats.length(seconds, words), seconds),
            "score": cell(formats.share(one["score"], words), one["score"]),
            "right": part_cell(words("nothing"), result["right"], result["n"]),
        }


class Corrections:
    """Who put right what was wrong in the homework."""

    COLUMNS = ("wrong", "corrected")

    def __init__(self, visit: Visit) -> None:
        words = self._words = visit.words
        title = words("corrections.title")
        with Card(words, title, words("corrections.help"), "xj-corrections-card") as card:
            self._empty = Tag("p", words("corrections.empty"), "xj-empty")
            self._table = DataTable(
                words,
                title,
                [
                    Column("name", words("students.name"), "link", sortable=True),
                    *(
                        Column(key, words(f"corrections.{key}"), "number", True, descending=True)
                        for key in self.COLUMNS
                    ),
                ],
                export=title,
            )
        self._aside = card.aside

    def show(self, portrait: Portrait) -> None:
        """Show the corrections of a lesson's homework."""
        words, found = self._words, portrait["post"]["corrections"]
        learners, share = found["learners"], found["share"]
        self._empty.set_visibility(not learners)
        self._table.set_visibility(bool(learners))
        self._aside.text = words(
            "corrections.share",
            share=formats.share(share["share"], words),
            count=share["count"],
            n=share["n"],
        )
        self._table.show(
            {
                "id": one["person"],
                "name": cell(who(one), who(one), href=student_href(one)),
                "wrong": cell(formats.count(one["wrong"]), one["wrong"]),
                "corrected": figure_cell(
                    formats.count(one["corrected"]), one["corrected"], one["evidence"], words
                ),
            }
            for one in learners
        )


class Proved:
    """Each knowledge point through the three phases."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        words = self._words = visit.words
        title = words("proved.title")
        with Card(words, title, words("proved.help"), "xj-proved-card xj-wide"):
            self._empty = Tag("p", words("mastery.empty"), "xj-empty")
            self._table = DataTable(
                words,
                words("proved.caption"),
                [
                    Column("point", words("mastery.point"), sortable=True),
                    *(Column(phase, words(f"phase.{phase}"), "interval", True) for phase in PHASES),
                ],
                export=title,
            )
            heading = words("proved.changes")
            self._heading = Tag("h3", heading)
            changes = [
                Column(change, words(f"proved.change.{change}"), "number", True)
                for change in CHANGES
            ]
            self._changes = DataTable(
                words,
                heading,
                [Column("point", words("mastery.point"), sortable=True), *changes],
                export=heading,
            )

    def show(self, portrait: Portrait) -> None:
        """Show what a lesson's homework proved."""
        points = portrait["post"]["proved"]["knowledge_points"]
        self._empty.set_visibility(not points)
        self._table.set_visibility(bool(points))
        self._table.show(self._row(point) for point in points)
        changed = [point for point in points if any(one["n"] for one in point["changes"])]
        for shown in (self._heading, self._changes):
            shown.set_visibility(bool(changed))
        self._changes.show(
            {
                **self._named(point),
                **{f"{one['from']}_{one['to']}": self._change(one) for one in point["changes"]},
            }
            for point in changed
        )

    def _row(self, point: dict[str, Any]) -> Row:
        shares = {phase: share_cell(self._words, point[phase]) for phase in PHASES}
        return {**self._named(point), **shares}

    def _named(self, point: dict[str, Any]) -> Row:
        name = point_name(self._visit, point)
        return {"id": point["knowledge_point"], "point": cell(name, name)}

    def _change(self, change: dict[str, Any]) -> Cell:
        """Say by how many percentage points learners' shares changed, and how sure that is."""
        words = self._words
        if change["mean"] is None:
            return cell(words("nothing"))
        n = words("heat.n", n=change["n"])
        if change["low"] is not None:
            low, high = (formats.points(change[end], words) for end in ("low", "high"))
            n = words("proved.change.note", low=low, high=high, n=n)
        return cell(formats.points(change["mean"], words), change["mean"], note=n)
