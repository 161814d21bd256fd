"""What lies ahead of a class: who is likely to get poor results, and what homework to give whom."""

from datetime import datetime
from typing import Any

from api.ui import formats
from api.ui.export import ExportButtons
from api.ui.layout import Card, Tag, evidence_link, student_link
from api.ui.pages.student_trajectory import how_right
from api.ui.portrait import as_of, point_name
from api.ui.session import Visit
from api.ui.table import Column, DataTable, Row, cell
from projections.vocabulary import LAYERS, SUBJECTS

Told = dict[str, Any]


class Ahead:
    """Early warnings, and a plan of homework for each student."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        self._warnings = Warnings(visit)
        self._homework = ClassHomework(visit)

    def show(self, answer: Told) -> None:
        """Show what lies ahead of a class."""
        self._warnings.show(answer)
        self._homework.show(answer)

    def show_broken(self, since: datetime | None) -> None:
        """Say that there is no answer; what was shown before stays."""
        if since is None:
            self._warnings.say(self._visit.words("broken.text"))
            self._homework.say(self._visit.words("broken.text"))


class Warnings:
    """Who is likely to get results under the mark of passing, and how right such warnings were."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        words = self._words = visit.words
        title = words("warnings.title")
        with Card(words, title, words("warnings.help"), "xj-warned-card xj-wide") as card:
            self._empty = Tag("p", words("working_out"), "xj-empty")
            self._list = Tag("ol", classes="xj-risks")
            self._measured = Tag("p", classes="xj-note")
            self._export = ExportButtons(words, title)
        self._aside = card.aside

    def say(self, text: str) -> None:
        """Say one thing instead of a list."""
        self._empty.text = text
        self._empty.set_visibility(bool(text))

    def show(self, answer: Told) -> None:
        """Show who is warned of."""
        words, warnings = self._words, answer["warnings"]
        nobody = words.of(answer["why"]) if answer["why"] else words("warnings.empty")
        self.say("" if warnings else nobody)
        self._aside.text = f"{words('on', day=answer['on'])} · {as_of(self._visit, answer)}"
        self._measured.text = how_right(self._visit, answer["measured"])
        rows = [
            [
                answer["names"].get(one["person"]) or formats.account(one["person"]),
                words.term(SUBJECTS, one["subject"]),
                words.of(reason),
            ]
            for one in warnings
            for reason in one["reasons"]
        ]
        heading = [words("students.name"), words("choice.subject"), words("risk.reason")]
        self._export.show([heading, *rows] if rows else [])
        by_person: dict[str, list[Told]] = {}
        for one in warnings:
            by_person.setdefault(one["person"], []).append(one)
        self._list.clear()
        with self._list:
            for person, some in by_person.items():
                with Tag("li", data_person=person):
                    name = answer["names"].get(person) or formats.account(person)
                    Tag("a", name, href=student_link(person))
                    with Tag("ul"):
                        for one in some:
                            self._warning(one)

    def _warning(self, one: Told) -> None:
        subject = self._words.term(SUBJECTS, one["subject"])
        for reason in one["reasons"]:
            with Tag("li", data_reason=reason["code"]):
                said = self._words("warnings.of", subject=subject, why=self._words.of(reason))
                Tag("a", said, "xj-reason", href=evidence_link(one["evidence"]))


class ClassHomework:
    """What homework to give to whom today, within the day's limit."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        words = self._words = visit.words
        title = words("class_homework.title")
        card = Card(words, title, words("plan.help"), "xj-class-homework-card xj-wide")
        with card:
            self._empty = Tag("p", words("working_out"), "xj-empty")
            self._table = DataTable(
                words,
                words("class_homework.caption"),
                [
                    Column("name", words("students.name"), "link", sortable=True),
                    Column("points", words("class_homework.points")),
                    Column("items", words("plan.items"), "number", True, descending=True),
                    Column("retry", words("plan.retry"), "number", True, descending=True),
                    Column("minutes", words("plan.minutes"), "number", True, descending=True),
                ],
                order="minutes",
                descending=True,
                export=title,
            )
        self._aside = card.aside
        self._table.set_visibility(False)

    def say(self, text: str) -> None:
        """Say one thing instead of a table."""
        self._empty.text = text
        self._empty.set_visibility(bool(text))

    def show(self, answer: Told) -> None:
        """Show the plans of a class."""
        plans = answer["plans"]
        self.say("" if plans else self._words("load.empty"))
        self._table.set_visibility(bool(plans))
        self._table.show(self._row(one) for one in plans)
        n = self._words("heat.n", n=len(plans))
        self._aside.text = f"{n} · {as_of(self._visit, answer)}"

    def _row(self, one: Told) -> Row:
        words, name = self._words, one["name"] or formats.account(one["person"])
        points = [
            words(
                "class_homework.point",
                point=point_name(self._visit, point),
                layer=words.term(LAYERS, point["layer"]),
                items=point["items"],
            )
            for point in one["points"]
        ]
        again = sum(len(point["retry"]) for point in one["points"])
        return {
            "id": one["person"],
            "name": cell(name, name, href=student_link(one["person"])),
            "points": cell(words.listed(points) or words("plan.empty")),
            "items": cell(formats.count(one["items"]), one["items"]),
            "retry": cell(formats.count(again), again),
            "minutes": cell(formats.length(60 * one["minutes"], words), one["minutes"]),
        }
