"""A table of lessons: when, what, by whom, and how each phase went."""

from collections.abc import Iterable
from typing import Any

from api.ui import formats
from api.ui.layout import lesson_link
from api.ui.portrait import name_of, point_name
from api.ui.session import Visit
from api.ui.table import Column, DataTable, Row, cell
from projections.vocabulary import PHASES, SUBJECTS


class LessonTable(DataTable):
    """Lessons as ``GET /v1/lessons`` lists them, or a teacher's portrait its own."""

    def __init__(self, visit: Visit, title: str, *, has_teachers: bool = True) -> None:
        self._visit = visit
        words = self._words = visit.words
        teachers = [Column("teachers", words("lessons.teachers"), sortable=True)]
        super().__init__(
            words,
            words("lessons.caption"),
            [
                Column("name", words("lessons.name"), "link", sortable=True),
                Column("begins", words("lessons.begins"), "number", sortable=True, descending=True),
                Column("subject", words("lessons.subject"), sortable=True),
                *(teachers if has_teachers else ()),
                *(Column(phase, words(f"lessons.{phase}"), "number", True) for phase in PHASES),
            ],
            order="begins",
            descending=True,
            export=title,
        )
        self.classes("xj-lessons")

    def show_lessons(self, lessons: Iterable[dict[str, Any]]) -> None:
        """Show these lessons instead of those before."""
        self.show(self._row(one) for one in lessons)

    def _row(self, one: dict[str, Any]) -> Row:
        words = self._words
        name = name_of(self._visit, one["names"], one["lesson"])
        points = [point_name(self._visit, point) for point in one.get("knowledge_points", ())]
        subjects = words.listed(words.term(SUBJECTS, code) for code in one["subjects"])
        teachers = words.listed(
            each["name"] or formats.account(each["person"]) for each in one.get("teachers", ())
        )
        return {
            "id": one["lesson"],
            "name": cell(name, name, note=words.listed(points), href=lesson_link(one["lesson"])),
            "begins": cell(formats.moment(one["begins"], self._visit.timezone), one["begins"]),
            "subject": cell(subjects, subjects),
            "teachers": cell(teachers, teachers),
            **{phase: self._phase(one["phases"][phase]) for phase in PHASES},
        }

    def _phase(self, figures: dict[str, Any]) -> dict[str, Any]:
        words, share = self._words, figures["result"]["share"]
        if not figures["learners"]:
            return cell(words("nothing"))
        learners = formats.count(figures["learners"])
        if share is None:
            return cell(words("lessons.learners", learners=learners), figures["learners"])
        text = words("lessons.phase", learners=learners, share=formats.percent(share))
        return cell(text, figures["learners"])
