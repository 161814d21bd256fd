"""Statements checked before they are posted: what they would mean, and what they leave out."""

from collections.abc import Iterable
from typing import Any, Final

import orjson

from api.ui import formats
from api.ui.changes import Field, Outcome
from api.ui.json_text import JsonText
from api.ui.layout import Card, Tag
from api.ui.session import Visit

LONGEST: Final = 200_000  # characters: a page's connection takes a megabyte at a time
SHOWN: Final = 50  # statements told one by one

Answer = dict[str, Any]


class Check:
    """The field for statements, and beneath it what is found."""

    COUNTS = ("statements", "refused", "giving_facts", "persons")

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        words = self._words = visit.words
        with Card(words, words("check.title"), words("check.help")):
            self._outcome = Outcome(visit)
            with Tag("div", classes="xj-fields xj-one-field"):
                self._text = Field(
                    words("check.statements"),
                    "textarea",
                    words("check.note", most=formats.count(LONGEST)),
                    rows=10,
                    maxlength=LONGEST,
                    spellcheck="false",
                    name="statements",
                    classes="xj-code",
                )
            with Tag("div", classes="xj-buttons"):
                button = Tag("button", words("check.button"), "xj-button", type="button")
                button.on("click", self._check)
            self._found = Tag("div", classes="xj-found", aria_live="polite")

    async def _check(self) -> None:
        self._found.clear()
        text = self._text.value
        if not text:
            self._outcome.say(self._words("check.nothing"), is_fault=True)
            return
        went_well, report = await self._outcome.of(lambda: self._visit.operating.check(text))
        if went_well and report is not None:
            with self._found:
                self._show(report)

    def _show(self, report: Answer) -> None:
        summary = report["summary"]
        with Tag("dl", classes="xj-figures"):
            for key in self.COUNTS:
                with Tag("div"):
                    label = "check.statements_n" if key == "statements" else f"check.{key}"
                    Tag("dt", self._words(label))
                    Tag("dd", formats.count(summary[key]), data_figure=key)
        Tag("h3", self._words("check.advice"))
        if not summary["advice"]:
            Tag("p", self._words("check.advice.none"), "xj-note")
        with Tag("ol", classes="xj-differences"):
            for advice in summary["advice"]:
                self._show_advice(advice)
        Tag("h3", self._words("check.each"))
        if len(report["statements"]) > SHOWN:
            Tag("p", self._words("check.each.first", n=SHOWN), "xj-note")
        with Tag("ol", classes="xj-facts"):
            for one in report["statements"][:SHOWN]:
                self._show_statement(one)

    def _show_advice(self, advice: Answer) -> None:
        words = self._words
        with Tag("li", data_advice=advice["code"]):
            with Tag("p"):
                Tag("strong", words.of(advice))
                self._badge(advice["level"])
            with Tag("p", classes="xj-note"):
                Tag("span", advice["path"], "xj-code")
                n = formats.count(advice["statements"])
                Tag("span", " · " + words("check.advice.of", n=n, first=advice["first"]))
            if why := words.of(advice["why"]):
                Tag("p", words("check.why", why=why), "xj-note")
            if needed := words.listed(words.of(one) for one in advice["needed_by"]):
                Tag("p", words("check.needed_by", portraits=needed), "xj-note")
            if advice["send"]:
                Tag("p", words("check.send"), "xj-note")
                JsonText(_json(advice["send"]), words("check.send"))

    def _badge(self, level: str) -> None:
        badge = Tag("span", self._words(f"check.level.{level}"), "xj-badge")
        badge.attribute("data-state", level)

    def _show_statement(self, one: Answer) -> None:
        words, place = self._words, _place(one)
        with Tag("li", data_place=place), Tag("details"):
            with Tag("summary"):
                Tag("span", place, "xj-code xj-fact-time")
                Tag("span", self._read_as(one))
                if one["is_refused"]:
                    self._badge("refused")
            with Tag("div", classes="xj-fact"):
                for told in self._told(one):
                    Tag("p", told)
                if one["facts"]:
                    JsonText(_json(one["facts"]), words("check.facts", place=place))

    def _read_as(self, one: Answer) -> str:
        facts = self._words.listed(self._words.of(fact["title"]) for fact in one["facts"])
        return self._words("check.fact", facts=facts) if facts else self._words("check.no_fact")

    def _told(self, one: Answer) -> Iterable[str]:
        """Say by which rule a statement was read, and each of its faults with its place."""
        if rule := one["rule"]:
            yield self._words("check.rule", **rule)
        for advice in one["advice"]:
            yield f"{advice['path']}: {self._words.of(advice)}"


def _place(one: Answer) -> str:
    return one["path"] if "line" not in one else f"{one['line']}: {one['path']}"


def _json(value: Any) -> str:
    return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
