"""What a lesson's page shows of before class: who previewed what, and what that let expect."""

from collections.abc import Sequence
from typing import Any

from api.ui import charts, formats
from api.ui.charts import Figure
from api.ui.layout import Card, Tag, evidence_link
from api.ui.pages.lesson_parts import part_cell, share_cell, student_href, who
from api.ui.portrait import Portrait, as_of, name_of
from api.ui.session import Visit
from api.ui.table import Column, DataTable, Row, cell, figure_cell


class Preview:
    """Who previewed what, and what that let expect."""

    COLUMNS = ("seconds", "watched", "checks", "expected", "happened")

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        words = self._words = visit.words
        title = words("preview.title")
        with Card(words, title, words("preview.help"), "xj-preview-card xj-wide") as card:
            self._told = Tag("p")
            self._empty = Tag("p", words("preview.empty"), "xj-empty")
            columns = [
                Column(key, words(f"preview.{key}"), "number", True, descending=True)
                for key in self.COLUMNS
            ]
            self._table = DataTable(
                words,
                words("preview.caption"),
                [Column("name", words("students.name"), "link", sortable=True), *columns],
                export=title,
            )
            heading = words("preview.by")
            self._by_heading = Tag("h3", heading)
            self._by = DataTable(
                words,
                heading,
                [
                    Column("preview", words("preview.by.preview")),
                    Column("learners", words("preview.by.learners"), "number"),
                    Column("result", words("lesson.right"), "interval"),
                ],
                export=heading,
            )
        self._aside = card.aside

    def show(self, portrait: Portrait) -> None:
        """Show the preview of a lesson."""
        words, before = self._words, portrait["pre"]
        learners, predicted = before["previewed"], before["predicted"]
        self._empty.set_visibility(not learners)
        self._table.set_visibility(bool(learners))
        share = before["share"]
        self._aside.text = words(
            "preview.share",
            share=formats.share(share["share"], words),
            count=share["count"],
            n=share["n"],
        )
        self._told.set_visibility(bool(predicted["expected"]["n"]))
        self._told.text = words(
            f"preview.surprise.{predicted['surprise'] or 'none'}",
            expected=formats.share(predicted["expected"]["share"], words),
            low=formats.share(predicted["expected"]["low"], words),
            high=formats.share(predicted["expected"]["high"], words),
            happened=formats.share(predicted["happened"]["share"], words),
            n=predicted["happened"]["n"],
        )
        foretold = {one["person"]: one for one in predicted["learners"]}
        self._table.show(self._row(one, foretold.get(one["person"])) for one in learners)
        self._show_by(predicted["by_preview"])

    def _show_by(self, groups: Sequence[dict[str, Any]]) -> None:
        """Show how those did in class whose preview went well, partly well, badly or not at all."""
        answered = [one for one in groups if one["learners"]]
        self._by_heading.set_visibility(bool(answered))
        self._by.set_visibility(bool(answered))
        self._by.show(
            {
                "id": one["preview"],
                "preview": cell(self._words(f"preview.by.{one['preview']}")),
                "learners": cell(formats.count(one["learners"])),
                "result": share_cell(self._words, one["result"]),
            }
            for one in answered
        )

    def _row(self, one: dict[str, Any], foretold: dict[str, Any] | None) -> Row:
        words, checks = self._words, one["checks"]
        seconds = one["seconds"] or 0
        return {
            "id": one["person"],
            "name": cell(who(one), who(one), href=student_href(one)),
            "seconds": figure_cell(formats.length(seconds, words), seconds, one["evidence"], words),
            "watched": cell(formats.share(one["watched"], words), one["watched"]),
            "checks": part_cell(words("nothing"), checks["right"], checks["n"]),
            **{
                key: cell(
                    formats.share(foretold[key]["share"] if foretold else None, words),
                    foretold[key]["share"] if foretold else None,
                )
                for key in ("expected", "happened")
            },
        }


class Videos:
    """How far viewers got in each video: where they drop off."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        words = self._words = visit.words
        title = words("lesson_videos.title")
        with Card(words, title, words("lesson_videos.help"), "xj-videos-card"):
            self._figure = Figure(words, "xj-bars", title)
            self._list = Tag("ul", classes="xj-links")

    def show(self, portrait: Portrait) -> None:
        """Show the videos of a lesson's preview, of those whose app tells how far viewers got."""
        words, videos = self._words, portrait["pre"]["videos"]
        known = [video for video in videos if video["known"]]
        self._list.clear()
        with self._list:
            for video in videos:
                with Tag("li"):
                    n = words("lesson_videos.viewers", name=self._name(video), n=video["viewers"])
                    Tag("a", n, href=evidence_link(video["evidence"]))
        if not known:
            self._figure.show_empty(
                words("lesson_videos.unknown" if videos else "lesson_videos.empty")
            )
            return
        labels = [formats.percent(each["of_video"]) for each in known[0]["reached"]]
        shares = {
            self._name(video): [round(100 * each["share"], 1) for each in video["reached"]]
            for video in known
        }
        told = (
            words(
                "lesson_videos.summary",
                name=self._name(video),
                median=formats.percent(video["median"]),
                end=formats.percent(video["reached"][-1]["share"]),
                n=video["known"],
            )
            for video in known
        )
        viewers = sum(video["known"] for video in known)
        self._figure.show(
            charts.steps(labels, shares),
            words.listed(told),
            [
                words("unit", unit=words("lesson_videos.unit")),
                words("lesson_videos.n", n=viewers),
                as_of(self._visit, portrait),
            ],
        )

    def _name(self, video: dict[str, Any]) -> str:
        return name_of(self._visit, video["names"], video["item"])
