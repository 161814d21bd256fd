"""What a student was given and watched, as parts of the own page: badges, ratings, videos."""

from typing import Any

from api.ui import formats
from api.ui.layout import Card, Tag, evidence_link
from api.ui.portrait import Portrait, as_of, name_of
from api.ui.session import Visit
from api.ui.table import Column, DataTable, Row, cell, counted_cell
from projections.vocabulary import RATERS


class Badges:
    """The badges, the newest first: for which deed, who gave them, when, by which statement."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        words = self._words = visit.words
        self._card = Card(
            words, words("badges.title"), words("badges.help"), "xj-badges-card xj-wide"
        )
        with self._card:
            self._empty = Tag("p", words("badges.empty"), "xj-empty")
            self._newest = Tag("p", classes="xj-note")
            self._list = Tag("ol", classes="xj-badges")

    def show(self, portrait: Portrait) -> None:
        """Show the badges of a student."""
        words, badges = self._words, portrait["badges"]
        newest = badges["newest"]
        n = words("badges.n", n=formats.count(badges["n"]))
        self._card.aside.text = f"{n} · {as_of(self._visit, portrait)}"
        self._empty.set_visibility(not newest)
        self._newest.set_visibility(badges["n"] > len(newest))
        self._newest.text = words("badges.newest", n=formats.count(len(newest)))
        self._list.clear()
        with self._list:
            for badge in newest:
                self._badge(badge)

    def _badge(self, badge: dict[str, Any]) -> None:
        words = self._words
        with Tag("li", data_statement=badge["statement"]):
            Tag("strong", name_of(self._visit, badge["names"], badge["badge"]))
            if badge["deed"]:
                deed = name_of(self._visit, badge["deed_names"], badge["deed"])
                Tag("span", words("badges.deed", deed=deed))
            time = formats.moment(badge["time"], self._visit.timezone)
            giver = badge["given_by"]
            if giver:
                name = badge["given_by_name"]
                who = formats.account(giver) if name == giver else name
                time = words("badges.given_by", who=who, time=time)
            Tag("span", time, "xj-note")
            Tag("a", words("badges.statement"), "xj-note", href=evidence_link(badge["evidence"]))


class Ratings:
    """How a student was rated: by teachers, peers, the student, parents, and on what."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        words = self._words = visit.words
        title = words("ratings.title")
        with Card(words, title, words("ratings.help"), "xj-ratings-card xj-wide") as card:
            self._empty = Tag("p", words("ratings.empty"), "xj-empty")
            self._table = DataTable(
                words,
                words("ratings.caption"),
                [
                    Column("source", words("ratings.source")),
                    Column("indicator", words("ratings.indicator")),
                    Column("mean", words("ratings.mean"), "number"),
                    Column("n", words("ratings.n"), "number"),
                    Column("last", words("mastery.last_time"), "number"),
                ],
                export=title,
            )
        self._aside = card.aside

    def show(self, portrait: Portrait) -> None:
        """Show the ratings of a student."""
        ratings = portrait["ratings"]
        self._aside.text = as_of(self._visit, portrait)
        self._empty.set_visibility(not ratings)
        self._table.set_visibility(bool(ratings))
        self._table.show(
            self._row(rating["source"], one) for rating in ratings for one in rating["indicators"]
        )

    def _row(self, source: str, one: dict[str, Any]) -> Row:
        words, indicator = self._words, one["indicator"]
        by = words("ratings.by_others") if source not in RATERS else words.term(RATERS, source)
        on = name_of(self._visit, one["names"], indicator) if indicator else words("ratings.whole")
        return {
            "id": f"{source} {indicator or ''}",
            "source": cell(by),
            "indicator": cell(on),
            "mean": cell(formats.percent(one["mean"])),
            "n": counted_cell(one["n"], one["evidence"], words),
            "last": cell(formats.moment(one["last_time"], self._visit.timezone)),
        }


class Videos:
    """The videos, the last watched first: how far at most, where it was left, for how long."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        words = self._words = visit.words
        title = words("videos.title")
        with Card(words, title, words("videos.help"), "xj-videos-card xj-wide") as card:
            self._empty = Tag("p", words("videos.empty"), "xj-empty")
            self._table = DataTable(
                words,
                words("videos.caption"),
                [
                    Column("video", words("videos.video"), sortable=True),
                    Column("progress", words("videos.progress"), "number", True),
                    Column("left", words("videos.left"), "number", True),
                    Column("seconds", words("videos.seconds"), "number", True, descending=True),
                    Column("n", words("videos.n"), "number", True, descending=True),
                    Column("last", words("mastery.last_time"), "number", True, descending=True),
                ],
                export=title,
            )
        self._aside = card.aside

    def show(self, portrait: Portrait) -> None:
        """Show the videos of a student."""
        videos = portrait["videos"]
        n = self._words("videos.count", n=formats.count(len(videos)))
        self._aside.text = f"{n} · {as_of(self._visit, portrait)}"
        self._empty.set_visibility(not videos)
        self._table.set_visibility(bool(videos))
        self._table.show(self._row(video) for video in videos)

    def _row(self, one: dict[str, Any]) -> Row:
        words, visit = self._words, self._visit
        name = name_of(visit, one["names"], one["video"])
        return {
            "id": one["video"],
            "video": cell(name, name),
            "progress": cell(formats.share(one["progress"], words), one["progress"]),
            "left": cell(formats.share(one["left"], words), one["left"]),
            "seconds": cell(formats.length(one["seconds"], words), one["seconds"]),
            "last": cell(formats.moment(one["last_time"], visit.timezone), one["last_time"]),
            "n": counted_cell(one["n"], one["evidence"], words),
        }
