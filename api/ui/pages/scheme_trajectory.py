"""Where a student is heading under a scheme, beside the result: for who asks to see it."""

from datetime import datetime
from typing import Any

from api.errors import ApiError
from api.ui import formats
from api.ui.charts import Figure
from api.ui.evaluation_queries import Asked
from api.ui.layout import Card, Tag
from api.ui.pages.result_parts import interval_text, level_text, score_text
from api.ui.portrait import Portrait, as_of
from api.ui.session import Visit, is_led_out
from api.ui.table import Column, DataTable, Row, cell
from api.ui.trajectory_chart import Point, trajectory_options

Told = dict[str, Any]

TOTAL = "total"
DRAWN = ("score", "expected", "band80", "band95")


class SchemeTrajectory:
    """Scores of four weeks each, and what to expect, of the total or one dimension at a time.

    It compares with all of a grade in four windows, so it is asked for only once somebody wants it.
    """

    def __init__(self, visit: Visit, person: str) -> None:
        self._visit, self._person = visit, person
        words = self._words = visit.words
        self._asked: Asked | None = None
        self._answer: Told | None = None
        self._chosen = TOTAL
        title = words("ahead.title")
        self._card = Card(words, title, words("ahead.help"), "xj-scheme-ahead-card xj-wide")
        with self._card:
            self._button = Tag("button", words("ahead.ask"), "xj-quiet-button", type="button")
            self._button.on("click", self._ask)
            self._instead = Tag("p", classes="xj-empty", role="status")
            with Tag("div") as self._shown:
                label = words("ahead.choose")
                self._tabs = Tag("div", classes="xj-tabs", role="group", aria_label=label)
                self._figure = Figure(words, "xj-bars", title)
                self._sentences = Tag("ul", classes="xj-sentences")
                self._past = self._table("ahead.past", ("score", "interval", "level", "complete"))
                self._ahead = self._table("ahead.next", ("score", "band80", "band95", "reaches"))
        self._instead.set_visibility(False)
        self._shown.set_visibility(False)

    def _table(self, title: str, columns: tuple[str, ...]) -> DataTable:
        words = self._words
        named = [Column(one, words(f"ahead.{one}"), _KINDS.get(one, "text")) for one in columns]
        days = Column("days", words("ahead.days"))
        return DataTable(words, words(title), [days, *named], export=words(title))

    def show(self, portrait: Portrait) -> None:
        """Note by which scheme and up to which day the result is; another one is asked for anew."""
        last = datetime.fromisoformat(portrait["period"]["to"]).date()
        asked = Asked(portrait["scheme"]["id"], None, last)
        if self._asked not in (None, asked):
            self._button.set_visibility(True)
            self._shown.set_visibility(False)
        self._asked = asked

    async def _ask(self) -> None:
        if self._asked is None or await is_led_out(self._visit):
            return
        words = self._words
        self._button.set_visibility(False)
        self._say(words("working_out"))
        try:
            answer = await self._visit.evaluations.trajectory(self._person, self._asked)
        except (ApiError, TimeoutError):
            self._button.set_visibility(True)
            self._say(words("broken.text"))
            return
        if answer is None or "refused" in answer:
            key = answer["refused"] if answer else "nobody"
            self._say(words(f"result.{key}", scheme=self._asked.scheme))
            return
        self._answer, self._chosen = answer, TOTAL
        self._say("")
        self._show()

    def _say(self, text: str) -> None:
        self._instead.text = text
        self._instead.set_visibility(bool(text))

    def _choose(self, name: str) -> None:
        self._chosen = name
        self._show()

    def _show(self) -> None:
        answer, words = self._answer, self._words
        if answer is None:
            return
        parts = {TOTAL: (words("result.total"), answer["total"])}
        parts |= {one["id"]: (words.of(one["title"]), one) for one in answer["dimensions"]}
        self._shown.set_visibility(True)
        self._tabs.clear()
        with self._tabs:
            for name, (title, _) in parts.items():
                pressed = str(name == self._chosen).lower()
                button = Tag("button", title, type="button", aria_pressed=pressed)
                button.on("click", lambda name=name: self._choose(name))
        title, part = parts[self._chosen]
        self._card.aside.text = as_of(self._visit, answer)
        sentences = self._said(answer, part)
        self._draw(answer, title, part, sentences)
        self._sentences.clear()
        with self._sentences:
            for sentence in sentences:
                Tag("li", sentence)
        self._past.show(self._window(answer, one) for one in part["windows"])
        self._ahead.set_visibility(bool(part["forecast"]))
        self._ahead.show(self._foretold(answer, one) for one in part["forecast"] or ())

    def _draw(self, answer: Told, title: str, part: Told, sentences: list[str]) -> None:
        words, points = self._words, points_of(part)
        if all(point.score is None for point in points):
            self._figure.show_empty(words("not_enough"))
            return
        notes = [
            title,
            words("unit", unit=words("trajectory.unit")),
            words("ahead.axis"),
            words("ahead.n", n=formats.count(answer["cohort"]["students"])),
            self._card.aside.text,
        ]
        options = trajectory_options(points, words, DRAWN, "ahead")
        self._figure.show(options, " ".join(sentences), notes, self._rows(part))

    def _rows(self, part: Told) -> list[list[Any]]:
        """Give what is drawn as a table, the names of its columns first."""
        words = self._words
        ends = (words(f"trajectory.{name}") for name in _NUMBERS[1:])
        heading = [words("ahead.days"), words("ahead.score"), words("ahead.expected"), *ends]
        none = [None] * len(_NUMBERS)
        past = ([_days(one), one["score"], *none] for one in part["windows"])
        ahead = (
            [_days(one), None, *(round(one[name], 1) for name in _NUMBERS)]
            for one in part["forecast"] or ()
        )
        return [heading, *past, *ahead]

    def _said(self, answer: Told, part: Told) -> list[str]:
        """Say what to expect and how right that was, or why nothing is foretold."""
        words = self._words
        if not part["forecast"]:
            return [words.of(part["why"])]
        first = part["forecast"][0]
        held = first["held"]["80"]
        return [
            words("ahead.said", **_points(first)),
            words("ahead.held", n=formats.count(held["n"]), share=formats.percent(held["share"])),
        ]

    def _window(self, answer: Told, one: Told) -> Row:
        words = self._words
        return {
            "id": one["from"],
            "days": cell(_days(one)),
            "score": cell(score_text(one["score"], words)),
            "interval": cell(interval_text(one, words)),
            "level": cell(level_text(answer, one["level"], words)),
            "complete": cell(formats.percent(one["completeness"])),
        }

    def _foretold(self, answer: Told, one: Told) -> Row:
        words, numbers = self._words, _points(one)
        likely = (
            f"{level_text(answer, each['level'], words)} {formats.percent(each['probability'])}"
            for each in one["reaches"][:-1]
        )
        return {
            "id": one["from"],
            "days": cell(_days(one)),
            "score": cell(numbers["score"]),
            "band80": cell(f"{numbers['low80']}–{numbers['high80']}"),
            "band95": cell(f"{numbers['low95']}–{numbers['high95']}"),
            "reaches": cell(" · ".join(likely)),
        }


_KINDS: dict[str, Any] = dict.fromkeys(("score", "band80", "band95", "complete"), "number")
_NUMBERS = ("score", "low80", "high80", "low95", "high95")


def points_of(part: Told) -> list[Point]:
    """Give a point for every four weeks, those foretold behind those scored."""
    past = [Point(one["to"][5:], score=one["score"]) for one in part["windows"]]
    ahead = [
        Point(one["to"][5:], expected=one["score"], **{name: one[name] for name in _NUMBERS[1:]})
        for one in part["forecast"] or ()
    ]
    if ahead:  # the line of what is expected begins where the scores end
        past[-1] = past[-1]._replace(expected=past[-1].score)
    return [*past, *ahead]


def _points(told: Told) -> dict[str, str]:
    return {name: f"{told[name]:.0f}" for name in _NUMBERS}


def _days(told: Told) -> str:
    return f"{told['from']} – {told['to'][5:]}"
