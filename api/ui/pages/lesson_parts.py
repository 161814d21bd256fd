"""The parts of a lesson's page on who was in it and what happened in class, again and again."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, Final

from api.ui import charts, formats
from api.ui.charts import Figure
from api.ui.export import ExportButtons
from api.ui.layout import (
    Card,
    Tag,
    class_link,
    evidence_link,
    lesson_link,
    student_link,
    teacher_link,
)
from api.ui.parts import KeyFigures
from api.ui.portrait import Portrait, as_of, name_of
from api.ui.session import Visit
from api.ui.table import Cell, Column, DataTable, cell, figure_cell
from api.ui.words import Words
from projections.lessons.reports import MINUTE
from projections.vocabulary import ACTIONS, PHASES

WIDTHS: Final = (1, 10, MINUTE)  # seconds of a bucket of the timeline, to be chosen from
MOST_BUCKETS: Final = 10_800  # that a chart draws: three hours, second by second


class Who:
    """The classes that were in it, and who taught: links to their pages, and to a class's part."""

    def __init__(self, visit: Visit) -> None:
        self._words = visit.words
        self._list = Tag("ul", classes="xj-links xj-wide")

    def show(self, portrait: Portrait) -> None:
        """Show who was in a lesson."""
        words, lesson, classes = self._words, portrait["lesson"], portrait["classes"]
        self._list.clear()
        with self._list:
            for one in classes:
                name = one["title"] or one["class_group"]
                text = words("lesson.class", name=name, took=one["took_part"], of=one["expected"])
                self._link(text, class_link(one["class_group"]), is_open=one.get("is_open", True))
                if len(classes) > 1:
                    self._link(words("lesson.part"), lesson_link(lesson, one["class_group"]))
            if len(classes) > 1:
                self._link(words("lesson.together"), lesson_link(lesson))
            for one in portrait["teachers"]:
                path = teacher_link(one["person"])
                self._link(who(one), path, is_open=one.get("is_open", True))

    def _link(self, text: str, path: str, *, is_open: bool = True) -> None:
        with Tag("li"):
            Tag("a", text, href=path if is_open else None)


class LessonFigures(KeyFigures):
    """The key figures of a lesson."""

    PREFIX = "lesson"
    KEYS = ("present", "previewed", "questions", "right", "hands", "handed_in")

    def texts(self, portrait: Portrait) -> dict[str, str]:
        """Give the figures."""
        words, before, during = self.words, portrait["pre"], portrait["in"]
        results = [one["result"] for one in during["questions"]]
        homework = [one["share"] for one in portrait["post"]["homework"]]
        return {
            "present": words("lesson.of", part=during["present"], whole=during["expected"]),
            "previewed": words(
                "lesson.of", part=before["share"]["count"], whole=before["share"]["n"]
            ),
            "questions": formats.count(len(results)),
            "right": formats.ratio(_sum(results, "right"), _sum(results, "n"), words),
            "hands": formats.count(during["hands"]["n"]),
            "handed_in": formats.ratio(_sum(homework, "count"), _sum(homework, "n"), words),
        }

    def links(self, portrait: Portrait) -> dict[str, str]:
        """Give what each figure rests on."""
        asked = {"lesson": portrait["lesson"]}
        answers = {**asked, "action": "answer", "phase": "in"}
        wanted = {
            "present": portrait["in"]["evidence"],
            "previewed": portrait["pre"]["evidence"],
            "questions": {"wanted": answers},
            "right": {"wanted": {**answers, "known": "success"}},
            "hands": portrait["in"]["hands"]["evidence"],
            "handed_in": {"wanted": {**asked, "action": "homework_done"}},
        }
        return {key: evidence_link(evidence) for key, evidence in wanted.items()}


class Timeline:
    """Who took part, how many hands were raised, and how attentive they were, as time went on."""

    def __init__(self, visit: Visit, lesson: str, class_group: str, width: int) -> None:
        self._visit = visit
        words = self._words = visit.words
        title = words("timeline.title")
        with Card(words, title, words("timeline.help"), "xj-timeline-card xj-wide"):
            with Tag("ul", classes="xj-links xj-widths", aria_label=words("timeline.widths")):
                for each in WIDTHS:
                    with Tag("li"):
                        link = Tag(
                            "a",
                            formats.length(each, words),
                            href=lesson_link(lesson, class_group, each),
                        )
                        if each == width:
                            link.attribute("aria-current", "true")
            self._figure = Figure(words, "xj-bars", title)

    def show(self, portrait: Portrait) -> None:
        """Show the timeline of a lesson."""
        words, found = self._words, portrait["in"]["timeline"]
        if not found["buckets"]:
            self._figure.show_empty(words("timeline.empty"))
            return
        drawn = _without_gaps(found["buckets"], found["width"])
        labels = [self._label(found, bucket["second"]) for bucket in drawn]
        persons = [bucket["persons"] for bucket in drawn]
        # Of hands only those raised are drawn: a line of noughts would hide them.
        hands = [bucket["hands"] or None for bucket in drawn]
        attention = [_percent(bucket["attention"]) for bucket in drawn]
        series = {words("timeline.persons"): persons, words("timeline.hands"): hands}
        is_noted = any(level is not None for level in attention)
        shares = {words("timeline.attention"): attention} if is_noted else {}
        kinds = Counter[str]()
        for bucket in found["buckets"]:
            kinds.update(bucket["actions"])
        done = [words.term(ACTIONS, kind) for kind in sorted(kinds)]
        counts = zip(done, (kinds[kind] for kind in sorted(kinds)), strict=True)
        self._figure.show(
            charts.timeline(labels, series, shares),
            words(
                "timeline.summary",
                first=labels[0],
                last=labels[-1],
                most=max(persons),
                at=labels[persons.index(max(persons))],
            ),
            [
                words("unit", unit=words("timeline.unit")),
                words("timeline.n", n=portrait["in"]["present"], of=portrait["in"]["expected"]),
                words.listed(words("timeline.kind", action=kind, n=n) for kind, n in counts),
                as_of(self._visit, portrait),
            ],
            [
                [words("lessons.begins"), *series, words("timeline.attention"), *done],
                *(
                    [
                        label,
                        bucket["persons"],
                        bucket["hands"],
                        level,
                        *(bucket["actions"].get(kind, 0) for kind in sorted(kinds)),
                    ]
                    for label, bucket, level in zip(labels, drawn, attention, strict=True)
                ),
            ],
        )

    def _label(self, timeline: dict[str, Any], second: int) -> str:
        return formats.clock_after(
            timeline["begins"],
            second,
            self._visit.timezone,
            to_second=timeline["width"] < MINUTE,
        )


def _without_gaps(buckets: Sequence[dict[str, Any]], width: int) -> list[dict[str, Any]]:
    """Give a timeline's buckets with those that hold nothing between them.

    Not where these would be too many to draw, as with a clock that is wrong by days.
    """
    known = {bucket["second"]: bucket for bucket in buckets}
    seconds = range(0, max(known) + 1, width)
    if len(seconds) > MOST_BUCKETS:
        return list(buckets)
    nothing: dict[str, Any] = {"persons": 0, "hands": 0, "attention": None, "actions": {}}
    return [known.get(second, {**nothing, "second": second}) for second in seconds]


def _percent(share: float | None) -> float | None:
    return None if share is None else round(100 * share, 1)


class Silent:
    """Who is missing where: in class, in the preview, in the homework."""

    def __init__(self, visit: Visit) -> None:
        words = self._words = visit.words
        with Card(words, words("silent.title"), words("silent.help"), "xj-silent-card"):
            self._lists = {
                which: self._group(which) for which in ("absent", "not_previewed", "not_handed_in")
            }

    def _group(self, which: str) -> tuple[Tag, Tag]:
        heading = Tag("h3")
        return heading, Tag("p", classes="xj-names", data_silent=which)

    def show(self, portrait: Portrait) -> None:
        """Show who is missing in a lesson."""
        self._show("absent", portrait["in"]["absent"])
        self._show("not_previewed", portrait["pre"]["not_previewed"])
        homework = portrait["post"]["homework"]
        missing = {
            one["person"]: one
            for each in homework
            for one in each["learners"]
            if one["state"] == "missing"
        }
        self._show("not_handed_in", list(missing.values()))

    def _show(self, which: str, persons: Sequence[dict[str, Any]]) -> None:
        heading, names = self._lists[which]
        heading.text = self._words(f"silent.{which}", n=len(persons))
        show_names(names, persons, self._words("silent.nobody"))


class Teaching:
    """What the teachers did: in class by the clock, before and after how often."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        words = self._words = visit.words
        with Card(words, words("teaching.title"), classes="xj-teaching-card"):
            self._list = Tag("ol", classes="xj-teaching")

    def show(self, portrait: Portrait) -> None:
        """Show the teaching of a lesson."""
        self._list.clear()
        with self._list:
            self._counted("pre", portrait["pre"]["teaching"])
            for act in portrait["in"]["teaching"]:
                time = formats.clock_after(act["time"], 0, self._visit.timezone)
                self._line(time, act["action"], name_of(self._visit, act["names"], act["item"]))
            self._counted("post", portrait["post"]["teaching"])
            if not any(portrait[phase]["teaching"] for phase in PHASES):
                Tag("li", self._words("teaching.empty"), "xj-not-enough")

    def _counted(self, phase: str, acts: Sequence[dict[str, Any]]) -> None:
        for action, n in Counter(act["action"] for act in acts).items():
            self._line(self._words(f"phase.{phase}"), action, self._words("teaching.n", n=n))

    def _line(self, when: str, action: str, what: str) -> None:
        with Tag("li", data_action=action):
            Tag("small", when, "xj-note")
            Tag("span", self._words.term(ACTIONS, action))
            Tag("small", what, "xj-note")


class Questions:
    """Each question with its answers, and who did not answer."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        words = self._words = visit.words
        title = words("questions.title")
        with Card(words, title, words("questions.help"), "xj-wide xj-questions-card") as card:
            self._list = Tag("ol", classes="xj-questions")
            self._caption = Tag("p", classes="xj-note")
            self._export = ExportButtons(words, title)
        self._aside = card.aside

    def show(self, portrait: Portrait) -> None:
        """Show the questions and the polls of a lesson."""
        words, during = self._words, portrait["in"]
        self._aside.text = words(
            "questions.n", n=len(during["questions"]), polls=len(during["polls"])
        )
        self._list.clear()
        with self._list:
            for question in during["questions"]:
                self._question(question)
            for poll in during["polls"]:
                self._poll(poll)
            if not during["questions"] and not during["polls"]:
                Tag("li", words("questions.empty"), "xj-empty")
        unit = words("unit", unit=words("distribution.unit"))
        self._caption.text = f"{unit} · {as_of(self._visit, portrait)}"
        self._export.show(self._rows(during))

    def _rows(self, during: dict[str, Any]) -> list[list[Any]]:
        """Give each response, how many gave it, and whether it is right: of polls nothing is."""
        words, rows = self._words, []
        given = [(one, one["responses"]) for one in during["questions"]]
        given += [(one, one["votes"]) for one in during["polls"]]
        for one, responses in given:
            name = name_of(self._visit, one["names"], one["item"])
            for each in responses:
                rows.append([name, each["response"], each["n"], "✓" if each.get("right") else ""])
        keys = ("questions.which", "fact.response", "classes.students", "questions.is_right")
        return [[words(key) for key in keys], *rows] if rows else []

    def _question(self, question: dict[str, Any]) -> None:
        words, result = self._words, question["result"]
        with Tag("li", data_question=str(question["number"])):
            name = name_of(self._visit, question["names"], question["item"])
            Tag("h3", f"{question['number']}. {name}")
            share = formats.share(result["share"], words)
            text = words("questions.result", share=share, right=result["right"], n=result["n"])
            with Tag("p", classes="xj-note"):
                Tag("a", text, href=evidence_link(question["evidence"]))
            self._bars(question["responses"], question["answers"])
            silent = [one for one in question["not_answered"] if one["present"]]
            if silent:
                with Tag("p", classes="xj-names"):
                    Tag("span", words("questions.silent", n=len(silent)), "xj-note")
                    links(silent)

    def _poll(self, poll: dict[str, Any]) -> None:
        with Tag("li", data_poll=poll["item"]):
            Tag("h3", name_of(self._visit, poll["names"], poll["item"]))
            with Tag("p", classes="xj-note"):
                voters = self._words("questions.voters", n=poll["voters"])
                Tag("a", voters, href=evidence_link(poll["evidence"]))
            self._bars(poll["votes"], poll["voters"])

    def _bars(self, responses: Iterable[dict[str, Any]], whole: int) -> None:
        """Draw how many gave each response; what is right is marked, not coloured alone."""
        with Tag("ul", classes="xj-responses"):
            for one in responses:
                is_right = bool(one.get("right"))
                with Tag("li", classes="xj-right" if is_right else ""):
                    mark = "✓ " if is_right else ""
                    Tag("span", mark + (one["response"] or self._words("questions.no_text")))
                    with Tag("span", classes="xj-response-track", aria_hidden="true"):
                        Tag("i").style(f"width: {100 * one['n'] / whole:.1f}%")
                    Tag("strong", formats.count(one["n"]))


class GroupWork:
    """Who worked together on what, and who was in no group."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        words = self._words = visit.words
        with Card(words, words("groups.title"), words("groups.help"), "xj-groups-card") as card:
            self._list = Tag("ol", classes="xj-questions")
        self._aside = card.aside

    def show(self, portrait: Portrait) -> None:
        """Show the group work of a lesson."""
        words, tasks = self._words, portrait["in"]["group_work"]
        self._aside.text = words("groups.n", n=sum(len(task["groups"]) for task in tasks))
        self._list.clear()
        with self._list:
            for task in tasks:
                self._task(task)
            if not tasks:
                Tag("li", words("groups.empty"), "xj-empty")

    def _task(self, task: dict[str, Any]) -> None:
        words = self._words
        with Tag("li", data_task=task["item"]):
            Tag("h3", name_of(self._visit, task["names"], task["item"]))
            with Tag("p", classes="xj-note"):
                n = words("groups.learners", n=task["learners"])
                Tag("a", n, href=evidence_link(task["evidence"]))
            for number, group in enumerate(task["groups"], 1):
                time = formats.clock_after(group["time"], 0, self._visit.timezone)
                length = formats.length(group["seconds"] or 0, words)
                with Tag("p", classes="xj-names", data_group=str(number)):
                    Tag("span", words("groups.group", n=number, time=time, length=length))
                    links(group["learners"])
            if task["not_in_a_group"]:
                with Tag("p", classes="xj-names"):
                    Tag("span", words("groups.none", n=len(task["not_in_a_group"])), "xj-note")
                    links(task["not_in_a_group"])


class HandsAndAttention:
    """Who raised hands how often, how attentive each was, and who took part from elsewhere."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        words = self._words = visit.words
        title = words("attention.title")
        with Card(words, title, words("attention.help"), "xj-attention-card") as card:
            self._empty = Tag("p", words("attention.empty"), "xj-empty")
            self._table = DataTable(
                words,
                title,
                [
                    Column("name", words("students.name"), "link", sortable=True),
                    Column("hands", words("lesson.hands"), "number", True, descending=True),
                    Column("attention", words("timeline.attention"), "number", True),
                ],
                export=title,
            )
            self._heading = Tag("h3")
            self._remote = Tag("p", classes="xj-names", data_remote="")
        self._aside = card.aside

    def show(self, portrait: Portrait) -> None:
        """Show the hands and the attention of a lesson."""
        words, during = self._words, portrait["in"]
        attention = {one["person"]: one for one in during["attention"]["learners"]}
        hands = {one["person"]: one for one in during["hands"]["learners"]}
        learners = {**attention, **hands}
        self._empty.set_visibility(not learners)
        self._table.set_visibility(bool(learners))
        self._aside.text = words(
            "attention.median",
            median=formats.share(during["attention"]["median"], words),
            n=during["attention"]["n"],
        )
        self._table.show(
            {
                "id": person,
                "name": cell(who(one), who(one), href=student_href(one)),
                "hands": self._hands(hands.get(person)),
                "attention": self._attention(attention.get(person)),
            }
            for person, one in learners.items()
        )
        joined = {one["person"]: one for one in during["joined_remotely"]}
        self._heading.text = words("attention.remote", n=len(joined))
        for shown in (self._heading, self._remote):
            shown.set_visibility(bool(joined))
        show_names(self._remote, list(joined.values()), "")

    def _hands(self, one: dict[str, Any] | None) -> Cell:
        if one is None:
            return cell(formats.count(0), 0)
        return figure_cell(formats.count(one["n"]), one["n"], one["evidence"], self._words)

    def _attention(self, one: dict[str, Any] | None) -> Cell:
        if one is None:
            return cell(self._words("nothing"))
        mean, n = one["mean"], self._words("attention.n", n=one["n"])
        return figure_cell(formats.percent(mean), mean, one["evidence"], self._words, note=n)


def show_names(shown: Tag, persons: Sequence[dict[str, Any]], nobody: str) -> None:
    """Show some people by name, each with a link to the own page."""
    shown.clear()
    with shown:
        links(persons)
        if not persons:
            Tag("span", nobody, "xj-note")


def links(persons: Iterable[dict[str, Any]]) -> None:
    """Put links to students' pages one after the other."""
    for one in persons:
        Tag("a", who(one), href=student_href(one))


def student_href(one: dict[str, Any]) -> str | None:
    """Give the path of a learner's page; none where it is refused to the visitor."""
    return student_link(one["person"]) if one.get("is_open", True) else None


def who(one: dict[str, Any]) -> str:
    """Call somebody by name, else by the account."""
    return one["name"] or formats.account(one["person"])


def _sum(results: Iterable[dict[str, Any]], name: str) -> int:
    return sum(one[name] for one in results)


def part_cell(nothing: str, part: int, whole: int) -> Cell:
    """Make the cell of a part of a whole, which sorts by the share."""
    return cell(f"{part} / {whole}", part / whole) if whole else cell(nothing)


def share_cell(words: Words, result: dict[str, Any]) -> Cell:
    """Make the cell of a share of right answers with its interval, which leads to its evidence."""
    share = result["share"]
    text = formats.share(share, words)
    if share is None:
        return cell(text, label=words("not_enough"))
    low, high = result["low"], result["high"]
    told = words(
        "mastery.interval", value=text, low=formats.percent(low), high=formats.percent(high)
    )
    n = words("dimension.accuracy.n", n=result["n"])
    drawn = {"note": n, "low": low, "value": share, "high": high, "label": f"{told} · {n}"}
    if "evidence" in result:
        return figure_cell(text, share, result["evidence"], words, **drawn)
    return cell(text, share, **drawn)
