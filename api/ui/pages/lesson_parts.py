"""The parts of a lesson's page: each shows its own part of a lesson's report, again and again."""

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from api.ui import charts, formats
from api.ui.charts import Figure
from api.ui.layout import Card, Tag, class_link, lesson_link, student_link, teacher_link
from api.ui.parts import KeyFigures
from api.ui.portrait import Portrait, as_of, name_of, point_name
from api.ui.session import Visit
from api.ui.table import Cell, Column, DataTable, Row, cell
from projections.vocabulary import ACTIONS, PHASES


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
                self._link(text, class_link(one["class_group"]))
                if len(classes) > 1:
                    self._link(words("lesson.part"), lesson_link(lesson, one["class_group"]))
            if len(classes) > 1:
                self._link(words("lesson.together"), lesson_link(lesson))
            for one in portrait["teachers"]:
                self._link(_who(one), teacher_link(one["person"]))

    def _link(self, text: str, path: str) -> None:
        with Tag("li"):
            Tag("a", text, href=path)


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


class Timeline:
    """Who took part, minute by minute."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        words = self._words = visit.words
        title = words("timeline.title")
        with Card(words, title, words("timeline.help"), "xj-timeline-card xj-wide"):
            self._figure = Figure(words, "xj-bars", title)

    def show(self, portrait: Portrait) -> None:
        """Show the timeline of a lesson."""
        words, found = self._words, portrait["in"]["timeline"]
        if not found["buckets"]:
            self._figure.show_empty(words("timeline.empty"))
            return
        known = {bucket["second"]: bucket for bucket in found["buckets"]}
        seconds = range(0, max(known) + 1, found["width"])
        first = found["begins"]
        labels = [formats.clock_after(first, second, self._visit.timezone) for second in seconds]
        persons = [known[second]["persons"] if second in known else 0 for second in seconds]
        hands = [known[second]["hands"] if second in known else 0 for second in seconds]
        series = {words("timeline.persons"): persons, words("timeline.hands"): hands}
        self._figure.show(
            charts.timeline(labels, series),
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
                as_of(self._visit, portrait),
            ],
        )


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
        with Card(words, words("questions.title"), words("questions.help"), "xj-wide") as card:
            self._list = Tag("ol", classes="xj-questions")
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

    def _question(self, question: dict[str, Any]) -> None:
        words, result = self._words, question["result"]
        with Tag("li", data_question=str(question["number"])):
            name = name_of(self._visit, question["names"], question["item"])
            Tag("h3", f"{question['number']}. {name}")
            share = formats.share(result["share"], words)
            text = words("questions.result", share=share, right=result["right"], n=result["n"])
            Tag("p", text, "xj-note")
            self._bars(question["responses"], question["answers"])
            silent = [one for one in question["not_answered"] if one["present"]]
            if silent:
                with Tag("p", classes="xj-names"):
                    Tag("span", words("questions.silent", n=len(silent)), "xj-note")
                    links(silent)

    def _poll(self, poll: dict[str, Any]) -> None:
        with Tag("li", data_poll=poll["item"]):
            Tag("h3", name_of(self._visit, poll["names"], poll["item"]))
            Tag("p", self._words("questions.voters", n=poll["voters"]), "xj-note")
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

    def _row(self, one: dict[str, Any], foretold: dict[str, Any] | None) -> Row:
        words, checks = self._words, one["checks"]
        seconds = one["seconds"] or 0
        return {
            "id": one["person"],
            "name": cell(_who(one), _who(one), href=student_link(one["person"])),
            "seconds": cell(formats.length(seconds, words), seconds),
            "watched": cell(formats.share(one["watched"], words), one["watched"]),
            "checks": _parts(words("nothing"), checks["right"], checks["n"]),
            **{
                key: cell(
                    formats.share(foretold[key]["share"] if foretold else None, words),
                    foretold[key]["share"] if foretold else None,
                )
                for key in ("expected", "happened")
            },
        }


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
            "name": cell(_who(one), _who(one), href=student_link(one["person"])),
            "homework": cell(name, name),
            "state": cell(words(f"homework.state.{one['state']}"), STATES.index(one["state"])),
            "time": cell(time or words("nothing"), time or None),
            "seconds": cell(formats.length(seconds, words), seconds),
            "score": cell(formats.share(one["score"], words), one["score"]),
            "right": _parts(words("nothing"), result["right"], result["n"]),
        }


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

    def show(self, portrait: Portrait) -> None:
        """Show what a lesson's homework proved."""
        points = portrait["post"]["proved"]["knowledge_points"]
        self._empty.set_visibility(not points)
        self._table.set_visibility(bool(points))
        self._table.show(self._row(point) for point in points)

    def _row(self, point: dict[str, Any]) -> Row:
        name = point_name(self._visit, point)
        return {
            "id": point["knowledge_point"],
            "point": cell(name, name),
            **{phase: self._share(point[phase]) for phase in PHASES},
        }

    def _share(self, result: dict[str, Any]) -> Cell:
        words, share = self._words, result["share"]
        text = formats.share(share, words)
        if share is None:
            return cell(text, label=words("not_enough"))
        label = words(
            "mastery.interval",
            value=text,
            low=formats.percent(result["low"]),
            high=formats.percent(result["high"]),
        )
        n = words("dimension.accuracy.n", n=result["n"])
        low, high = result["low"], result["high"]
        return cell(text, share, note=n, low=low, value=share, high=high, label=f"{label} · {n}")


STATES = ("on_time", "late", "done", "begun", "open", "missing")


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
        Tag("a", _who(one), href=student_link(one["person"]))


def _who(one: dict[str, Any]) -> str:
    return one["name"] or formats.account(one["person"])


def _sum(results: Iterable[dict[str, Any]], name: str) -> int:
    return sum(one[name] for one in results)


def _parts(nothing: str, part: int, whole: int) -> Cell:
    return cell(f"{part} / {whole}", part / whole) if whole else cell(nothing)
