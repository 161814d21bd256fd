"""Where a student is heading, as a part of the own page: level, forecast, growth, warnings."""

from datetime import datetime
from typing import Any

from api.ui import formats
from api.ui.charts import Figure
from api.ui.layout import Card, Tag, evidence_link
from api.ui.portrait import as_of, name_of
from api.ui.session import Visit
from api.ui.table import Column, DataTable, Row, cell
from api.ui.trajectory_chart import points_of, trajectory_options, trajectory_rows
from projections.vocabulary import SUBJECTS

Told = dict[str, Any]

WEEKS_TOLD = 4  # ahead, in words; the table has all


class Trajectory:
    """The trajectory in one subject at a time, which the visitor chooses."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        words = self._words = visit.words
        self._answer: Told | None = None
        self._subject = ""
        title = words("trajectory.title")
        self._card = Card(words, title, words("trajectory.help"), "xj-trajectory-card xj-wide")
        with self._card:
            self._instead = Tag("p", words("working_out"), "xj-empty")
            with Tag("div") as self._shown:
                label = words("choice.subject")
                self._subjects = Tag("div", classes="xj-tabs", role="group", aria_label=label)
                self._warnings = Tag("ul", classes="xj-warnings")
                self._figure = Figure(words, "xj-bars", title)
                self._sentences = Tag("ul", classes="xj-sentences")
                self._table = self._weeks_ahead()
                self._evidence = Tag("a", words("evidence.open"), "xj-evidence-link")
        self._shown.set_visibility(False)

    def _weeks_ahead(self) -> DataTable:
        words = self._words
        return DataTable(
            words,
            words("trajectory.ahead"),
            [
                Column("week", words("trajectory.week")),
                Column("points", words("trajectory.expected"), "number"),
                Column("band80", words("trajectory.band80"), "number"),
                Column("band95", words("trajectory.band95"), "number"),
                Column("cohort", words("trajectory.cohort"), "number"),
                Column("under", words("trajectory.under"), "number"),
            ],
            export=words("trajectory.ahead"),
        )

    def show(self, answer: Told | None) -> None:
        """Show the trajectory of a student; None where there are no results."""
        self._answer = answer
        self._shown.set_visibility(answer is not None)
        self._instead.set_visibility(answer is None)
        if answer is None:
            self._instead.text = self._words("trajectory.empty")
            return
        self._card.aside.text = f"{self._model(answer)} · {as_of(self._visit, answer)}"
        names = [one["subject"] for one in answer["subjects"]]
        if self._subject not in names:
            self._subject = _first_subject(answer)
        self._show_warnings(answer)
        self._show_subject()

    def show_broken(self, since: datetime | None) -> None:
        """Say that there is no answer; what was shown before stays."""
        if since is None:
            self._instead.text = self._words("broken.text")
            self._instead.set_visibility(True)

    def _model(self, answer: Told) -> str:
        day = self._words("on", day=answer["until"])
        return f"{day} · {self._words('trajectory.model', version=answer['model']['version'])}"

    def _choose(self, subject: str) -> None:
        self._subject = subject
        self._show_subject()

    def _show_warnings(self, answer: Told) -> None:
        words, warnings = self._words, answer["warnings"]
        self._warnings.clear()
        self._warnings.set_visibility(bool(warnings))
        with self._warnings:
            for one in warnings:
                with Tag("li", data_warning=one["subject"]):
                    Tag("strong", self._called(one["subject"]))
                    for reason in one["reasons"]:
                        Tag("span", words.of(reason))
                    Tag("a", words("evidence.open"), href=evidence_link(one["evidence"]))
            if warnings and (told := how_right(self._visit, answer["measured"])):
                Tag("li", told, "xj-note")

    def _show_subject(self) -> None:
        if self._answer is None:
            return
        subjects = {one["subject"]: one for one in self._answer["subjects"]}
        self._subjects.clear()
        self._subjects.set_visibility(len(subjects) > 1)
        with self._subjects:
            for name in subjects:
                chosen = str(name == self._subject).lower()
                button = Tag("button", self._called(name), type="button", aria_pressed=chosen)
                button.on("click", lambda name=name: self._choose(name))
        told = subjects[self._subject]
        self._draw(told)
        self._sentences.clear()
        with self._sentences:
            for name, sentence in self._said(told):
                Tag("li", sentence, data_said=name)
        self._table.set_visibility(bool(told["forecast"]))
        self._table.show(self._row(week) for week in told["forecast"] or ())
        self._evidence.attribute("href", evidence_link(told["evidence"]))

    def _draw(self, told: Told) -> None:
        words, points = self._words, points_of(told)
        summary = " ".join(sentence for _, sentence in self._said(told))
        notes = [
            self._called(told["subject"]),
            words("unit", unit=words("trajectory.unit")),
            words("trajectory.n", n=told["n"]),
            self._card.aside.text,
        ]
        rows = trajectory_rows(points, words)
        self._figure.show(trajectory_options(points, words), summary, notes, rows)

    def _said(self, told: Told) -> list[tuple[str, str]]:
        """Say where the student stands, how much that grew, and what to expect; or why not."""
        words, level, growth = self._words, told["level"], told["growth"]
        said = []
        if level is not None:
            numbers = {**_points(level), "n": told["n"]}
            said.append(("level", words("trajectory.level.said", **numbers)))
        if growth is not None and growth["percentile"] is not None:
            numbers = {**growth, "percentile": f"{growth['percentile']:.0f}"}
            said.append(("growth", words("trajectory.growth.said", **numbers)))
        elif growth is not None:
            why = words.of(growth["why"])
            said.append(("growth", words("trajectory.growth.unknown", why=why)))
        if told["forecast"]:
            week = told["forecast"][WEEKS_TOLD - 1]
            numbers = {**_points(week), "under": formats.percent(week["under_pass"])}
            said.append(
                ("forecast", words("trajectory.forecast.said", weeks=WEEKS_TOLD, **numbers))
            )
        if told["why"] is not None:
            said.append(("why", words.of(told["why"])))
        return said

    def _row(self, week: Told) -> Row:
        numbers = _points(week)
        return {
            "id": week["week"],
            "week": cell(week["week"]),
            "points": cell(numbers["points"]),
            "band80": cell(f"{numbers['low80']}–{numbers['high80']}"),
            "band95": cell(f"{numbers['low95']}–{numbers['high95']}"),
            "cohort": cell(numbers["cohort"]),
            "under": cell(formats.percent(week["under_pass"])),
        }

    def _called(self, subject: str) -> str:
        if "://" in subject:  # a course, where no subject is stated
            return name_of(self._visit, {}, subject)
        return self._words.term(SUBJECTS, subject)


def _points(told: Told) -> dict[str, str]:
    """Write the points and bands of a level or a week in whole points."""
    names = ("points", "low80", "high80", "low95", "high95", "cohort")
    return {name: f"{told[name]:.0f}" for name in names}


def _first_subject(answer: Told) -> str:
    """Give the subject that there is the gravest warning of, else the one of most results."""
    for warning in answer["warnings"]:
        return str(warning["subject"])
    return str(max(answer["subjects"], key=lambda one: one["n"])["subject"])


def how_right(visit: Visit, measured: Told | None) -> str:
    """Say how right such warnings were, where enough of them can be looked back at."""
    found = measured and measured["precision"]
    if not found or found["share"] is None:
        return ""
    numbers = {name: formats.percent(found[name]) for name in ("share", "low", "high")}
    return visit.words("trajectory.measured", n=found["n"], **numbers)
