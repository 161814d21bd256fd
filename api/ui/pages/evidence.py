"""What a figure rests on: the facts, each with the statement that it was read from."""

from collections.abc import Mapping
from typing import Annotated, Any
from urllib.parse import urlencode, urlsplit

from fastapi import Depends, Request
from nicegui import ui

from api.errors import ApiError
from api.evidence import asked_facts, check_asked
from api.roles import Resource
from api.ui import formats
from api.ui.json_text import JsonText
from api.ui.layout import (
    EVIDENCE,
    Card,
    Tag,
    class_link,
    lesson_link,
    message,
    page,
    school_link,
    student_link,
    teacher_link,
)
from api.ui.live import PAGE_SECONDS
from api.ui.once import asked_once
from api.ui.parts import OpenedFirst
from api.ui.permission import is_given, is_permitted
from api.ui.portrait import as_of, name_of
from api.ui.refusals import refusal_said
from api.ui.session import ROOT, Visit, Visitor, is_led_out, own_page
from lrs.holders import TEACHER
from projections.evidence import NONE, Place, Wanted, texts
from projections.vocabulary import ACTIONS, LAYERS, PHASES, SUBJECTS

Fact = dict[str, Any]

# What is asked for by an activity's id, and a key of words for each.
ACTIVITIES = ("knowledge_point", "lesson", "course", "item", "part_of", "attempts_at")


@ui.page("/evidence", response_timeout=PAGE_SECONDS)
async def evidence_page(
    request: Request,
    visit: Visitor,
    wanted: Annotated[Wanted, Depends(asked_facts)],
    back: str = "",
) -> None:
    """Show the facts that are asked for, as ``GET /v1/evidence`` gives them.

    ``back`` is the page that one came from, where the browser doesn't say so itself.
    """
    words, persons = visit.words, visit.persons
    back = came_from(request) or (back and own_page(back))
    path = f"{EVIDENCE}?{urlencode({**wanted.parameters(), 'back': back}, doseq=True)}"
    with page(words, words("evidence.title"), path, visit):
        if not await is_permitted(visit, persons.permit_evidence(wanted)):
            return
        try:
            check_asked(wanted)
        except ApiError as error:
            message(words("evidence.bad"), *refusal_said(error, words), role="alert")
            return
        for answer in await asked_once(visit, persons.evidence(wanted)):
            EvidenceView(visit, wanted, back).show(answer)


def came_from(request: Request) -> str:
    """Give the page of ours that a link was followed from; empty where there was none."""
    parts = urlsplit(request.headers.get("referer", ""))
    if parts.netloc != request.headers.get("host") or not parts.path.startswith(f"{ROOT}/"):
        return ""
    if parts.path == EVIDENCE:
        return ""
    return own_page(f"{parts.path}?{parts.query}" if parts.query else parts.path)


class EvidenceView:
    """Whose facts these are, which ones, and each of them, the newest first."""

    def __init__(self, visit: Visit, wanted: Wanted, back: str) -> None:
        self._visit, self._wanted, self._came_from = visit, wanted, back
        words = self._words = visit.words
        self._next: Place | None = None
        self._shown = 0
        self._back = Tag("a", classes="xj-back")
        with Tag("div", classes="xj-title"), Tag("div"):
            self._heading = Tag("h1")
            self._asked = Tag("ul", classes="xj-asked")
        with Card(words, words("evidence.facts"), words("evidence.help")) as self._card:
            self._empty = Tag("p", words("evidence.empty"), "xj-empty")
            self._list = Tag("ol", classes="xj-facts")
            self._more = Tag("button", words("evidence.more"), "xj-quiet-button xj-centre")
            self._more.on("click", self._show_more)

    def show(self, answer: dict[str, Any]) -> None:
        """Show the first page of facts."""
        words, wanted, names = self._words, self._wanted, answer["names"]
        whom = wanted.person or wanted.class_group or wanted.school
        who = names.get(whom, {}).get("", "") or formats.account(whom)
        self._heading.text = words("evidence.of", who=who) if who else words("evidence.title")
        self._show_back(who)
        self._asked.clear()
        with self._asked:
            for told in _asked(self._visit, wanted, names):
                Tag("li", told)
        self._empty.set_visibility(not answer["facts"])
        self._add(answer)

    def _show_back(self, who: str) -> None:
        """Lead back to where one came from, else to whose facts these are."""
        words, page_of = self._words, _page_of(self._visit, self._wanted)
        self._back.set_visibility(bool(self._came_from or who))
        self._back.attribute("href", self._came_from or page_of)
        is_theirs = self._came_from.partition("?")[0] in ("", page_of.partition("?")[0])
        told = words("evidence.back", who=who) if who and is_theirs else words("evidence.return")
        self._back.text = f"‹ {told}"

    def _add(self, answer: dict[str, Any]) -> None:
        self._next = answer["next"]
        self._shown += len(answer["facts"])
        with self._list:
            for fact in answer["facts"]:
                ShownFact(self._visit, fact, names_person=not self._wanted.person)
        self._more.set_visibility(self._next is not None)
        key = "evidence.first" if self._next is not None else "evidence.n"
        n = self._words(key, n=formats.count(self._shown))
        self._card.aside.text = f"{n} · {as_of(self._visit, answer)}"

    async def _show_more(self) -> None:
        if self._next is not None and not await is_led_out(self._visit):
            self._add(await self._visit.persons.evidence(self._wanted, self._next))


class ShownFact:
    """A fact in a line, which opens to all that it says, and to its statement's JSON."""

    def __init__(self, visit: Visit, fact: Fact, *, names_person: bool) -> None:
        self._visit, self._fact = visit, fact
        words = self._words = visit.words
        item = fact["item"] and name_of(visit, fact["names"].get(fact["item"], {}), fact["item"])
        time = formats.moment(fact["time"], visit.timezone, seconds=True)
        with Tag("li", data_statement=fact["statement"]), Tag("details") as details:
            with Tag("summary"):
                Tag("span", time, "xj-fact-time")
                Tag("strong", words.term(ACTIONS, fact["action"]))
                Tag("span", said_by(visit, fact), "xj-fact-result")
                Tag("span", item)
                if names_person:
                    Tag("span", _person(fact))
                Tag("small", fact["app"], "xj-note")
            self._inside = Tag("div", classes="xj-fact")
        OpenedFirst(visit, details, self._show_inside)

    async def _show_inside(self) -> None:
        words = self._words
        text = await self._visit.persons.statement(self._fact)
        may_open = await self._may_open_lesson()
        with self._inside:
            with Tag("dl"):
                for name, value in _details(self._visit, self._fact):
                    Tag("dt", words(f"fact.{name}"))
                    Tag("dd", value)
            if may_open:
                lesson = lesson_link(self._fact["lesson"], self._fact["class_group"])
                Tag("a", words("evidence.lesson"), href=lesson)
            if text is None:
                Tag("p", words("evidence.voided"), "xj-notice", role="status")
            else:
                JsonText(text, words("evidence.json"))

    async def _may_open_lesson(self) -> bool:
        """Tell whether the fact is of a lesson whose report is for the visitor's role."""
        lesson, queries = self._fact["lesson"], self._visit.queries
        if not lesson or not self._fact["class_group"] or not queries.may_see(Resource.LESSON):
            return False
        return await is_given(queries.permit_lesson(lesson))


def _page_of(visit: Visit, wanted: Wanted) -> str:
    """Give the path of the page of whom it is about: of a teacher, the own portrait."""
    on, person = wanted.on.isoformat() if wanted.on else "", wanted.person
    if wanted.class_group:
        return class_link(wanted.class_group, on)
    if wanted.school:
        return school_link(wanted.school, on)
    holder = visit.credential.holder
    is_own_teaching = holder is not None and (holder.role, holder.person) == (TEACHER, person)
    return teacher_link(person) if is_own_teaching else student_link(person)


def said_by(visit: Visit, fact: Fact) -> str:
    """Say in a few words what came of it: right or wrong, score, rating, progress."""
    words = visit.words
    told = []
    if fact["success"] is not None:
        told.append(words("fact.right" if fact["success"] else "fact.wrong"))
    for name in ("score", "rating", "progress"):
        if fact[name] is not None:
            told.append(words(f"fact.{name}.is", value=formats.percent(fact[name])))
    if not told and fact["completion"] is not None:
        told.append(words("fact.done" if fact["completion"] else "fact.not_done"))
    return " · ".join(told)


def _details(visit: Visit, fact: Fact) -> list[tuple[str, str]]:
    """Give what else a fact says, each with the key of its name, without what it doesn't say."""
    words, names = visit.words, fact["names"]

    def called(identifier: str) -> str:
        return name_of(visit, names.get(identifier, {}), identifier) if identifier else ""

    points = words.listed(called(point) for point in fact["knowledge_points"])
    due = formats.moment(fact["due"], visit.timezone) if fact["due"] else ""
    length = "" if fact["duration"] is None else formats.length(fact["duration"], words)
    counterpart = fact["counterpart"]
    other = names.get(counterpart, {}).get("", "") or formats.account(counterpart)
    told = [
        ("phase", words(f"phase.{fact['phase']}") if fact["phase"] in PHASES else ""),
        ("subject", words.term(SUBJECTS, fact["subject"]) if fact["subject"] else ""),
        ("lesson", called(fact["lesson"])),
        ("part_of", called(fact["part_of"])),
        ("knowledge_point", points),
        ("layer", words.term(LAYERS, fact["layer"]) if fact["layer"] else ""),
        ("response", fact["response"]),
        ("duration", length),
        ("due", due),
        ("counterpart", other if counterpart else ""),
        ("statement", fact["statement"]),
    ]
    return [(name, value) for name, value in told if value]


def _person(fact: Fact) -> str:
    return str(fact["names"].get(fact["person"], {}).get("") or formats.account(fact["person"]))


def _asked(visit: Visit, wanted: Wanted, names: Mapping[str, Mapping[str, str]]) -> list[str]:
    """Say which facts are asked for, a condition each."""
    words = visit.words
    told = [_one_of(visit, "action", [words.term(ACTIONS, one) for one in wanted.actions])]
    phase = wanted.phase and words(f"phase.{'' if wanted.phase == NONE else wanted.phase}")
    told.append(_one_of(visit, "phase", [phase] if phase else []))
    told.append(
        _one_of(visit, "subject", [words.term(SUBJECTS, one) for one in texts(wanted.subject)])
    )
    for name in ACTIVITIES:
        called = [name_of(visit, dict(names.get(one, {})), one) for one in _of(wanted, name)]
        told.append(_one_of(visit, name, called))
    told.append(_one_of(visit, "statement", [wanted.statement] if wanted.statement else []))
    told.append(_one_of(visit, "app", list(texts(wanted.app))))
    told.append(_one_of(visit, "layer", [words.term(LAYERS, one) for one in texts(wanted.layer)]))
    if wanted.on:
        told.append(words("evidence.on", day=wanted.on))
    if wanted.first or wanted.last:
        first, last = (str(day) if day else "…" for day in (wanted.first, wanted.last))
        told.append(words("days", first=first, last=last))
    return [one for one in told if one]


def _of(wanted: Wanted, name: str) -> tuple[str, ...]:
    return tuple(one for one in texts(getattr(wanted, name)) if one != NONE)


def _one_of(visit: Visit, name: str, values: list[str]) -> str:
    words = visit.words
    if not values:
        return ""
    return words("evidence.asked", name=words(f"fact.{name}"), value=words.listed(values))
