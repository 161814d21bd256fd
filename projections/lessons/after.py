"""A lesson after class (课后): homework set and done, what was corrected, what homework proved."""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

from projections.days import iso_of
from projections.facts import Fact
from projections.lessons.facts import Part, Shown, Student
from projections.lessons.results import (
    answers_of,
    first_answers,
    item_results,
    learner_results,
    point_results,
)
from projections.shares import counted, mean_change, share_of

PHASES: Final = ("pre", "in", "post")
# Of these, what a learner has of one homework. `open` and `missing` are not done: not due yet, and
# due already or due at no time. `done` has no time that it was due.
STATES: Final = ("on_time", "late", "done", "begun", "open", "missing")
_HANDED_IN: Final = ("on_time", "late", "done")
# The phases between which learners can have changed.
_CHANGES: Final = (("pre", "in"), ("in", "post"), ("pre", "post"))


def after_class(part: Part) -> Shown:
    """Report a lesson's homework."""
    return {
        "expected": len(part.students),
        "basis": part.basis,
        "homework": [_homework_shown(part, each) for each in _homework(part)],
        "items": item_results(part, "post"),
        "knowledge_points": point_results(part, "post"),
        "corrections": _corrections(part),
        "teaching": part.taught("post"),
        "proved": _proved(part),
        "evidence": part.evidence(phase="post"),
    }


# Homework -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Homework:
    """A homework: when it was set, and the facts that are about it."""

    item: str
    given: Sequence[Fact]  # by teachers, in their order
    done: Mapping[str, Fact]  # person: the first time it was handed in
    begun: Mapping[str, Sequence[Fact]]  # person: answers to its items
    marked: Mapping[str, Fact]  # person: the last result

    @property
    def due(self) -> int | None:
        """By when it had to be done, as last set; else as those who did it have it."""
        return self._due(self.given)

    def due_of(self, class_group: str) -> int | None:
        """By when a class had to do it, where it was set for that class; else as last set."""
        own = [fact for fact in self.given if fact.class_group in ("", class_group)]
        return self._due(own or self.given)

    def _due(self, given: Sequence[Fact]) -> int | None:
        for fact in reversed(given):
            if fact.due is not None:
                return fact.due
        return max((fact.due for fact in self.done.values() if fact.due is not None), default=None)

    def expected(self, students: Mapping[str, Student]) -> set[str]:
        """Give those of some students whom it is for.

        They are of the classes that it was set for. What no teacher set is for the classes of
        those who did it.
        """
        classes = {fact.class_group for fact in self.given}
        if not classes:
            did = self.done.keys() | self.begun.keys()
            classes = {student.class_group for person, student in students.items() if person in did}
        return {
            person
            for person, student in students.items()
            if "" in classes or student.class_group in classes
        }


def _homework(part: Part) -> list[_Homework]:
    """Find each homework of the lesson, in the order in which they were set."""
    given, done = defaultdict[str, list[Fact]](list), defaultdict[str, dict[str, Fact]](dict)
    begun = defaultdict[str, defaultdict[str, list[Fact]]](lambda: defaultdict(list))
    marked = defaultdict[str, dict[str, Fact]](dict)
    for fact in part.teaching:
        if fact.action == "homework_set":
            given[fact.item].append(fact)
    for fact in part.learning:
        if fact.action == "result":  # of any phase: marking has none of its own
            marked[fact.item][fact.person] = fact
    for fact in part.of_phase("post"):
        if fact.action == "homework_done":
            done[fact.item].setdefault(fact.person, fact)
        elif fact.part_of:
            begun[fact.part_of][fact.person].append(fact)
    known = dict.fromkeys([*given, *sorted(done), *sorted(begun)])
    return [
        _Homework(each, given[each], done[each], begun[each], marked[each])
        for each in known
        if given[each] or done[each] or answers_of(chain.from_iterable(begun[each].values()))
    ]


def _homework_shown(part: Part, homework: _Homework) -> Shown:
    learners = [
        _learner(part, homework, person)
        for person in sorted(
            homework.expected(part.students) | homework.done.keys() | homework.begun.keys(),
            key=lambda each: (part.who(each)["class_group"], part.who(each)["name"], each),
        )
    ]
    states = Counter(each["state"] for each in learners)
    handed_in = sum(states[state] for state in _HANDED_IN)
    due = homework.due
    return {
        "item": homework.item,
        "names": part.names.activity(homework.item),
        "layers": _layers(homework),
        "set": [part.act(fact) for fact in homework.given],
        "due": iso_of(due) if due is not None else None,
        "states": {state: states[state] for state in STATES},
        "share": counted(handed_in, len(learners)),
        "learners": learners,
        "evidence": part.evidence(action="homework_done", item=homework.item),
    }


def _layers(homework: _Homework) -> dict[str, int]:
    """Count the items of each layer, as far as anybody has answered them; else what was set."""
    items = {
        fact.item: fact.layer
        for facts in homework.begun.values()
        for fact in answers_of(facts)
        if fact.layer
    }
    counted = Counter(items.values() or [fact.layer for fact in homework.given if fact.layer])
    return dict(sorted(counted.items()))


def _learner(part: Part, homework: _Homework, person: str) -> Shown:
    """Tell what a learner has of a homework; seconds are those of its answers and handing in."""
    done, begun = homework.done.get(person), homework.begun.get(person, ())
    marked = homework.marked.get(person)
    spent = [fact.duration for fact in (*begun, *([done] if done else ())) if fact.duration]
    return part.who(person) | {
        "state": _state(homework.due_of(part.who(person)["class_group"]), done, begun, part.now),
        "time": iso_of(done.time) if done else None,
        "seconds": sum(spent) if spent else None,
        "score": marked.score if marked else done.score if done else None,
        "result": learner_results(first_answers(begun)),
        "statement": done.statement if done else None,
        "evidence": part.evidence(person=person, phase="post"),
    }


def _state(due: int | None, done: Fact | None, begun: Sequence[Fact], now: int) -> str:
    """Give one of ``STATES``; whoever hands in is measured by the due time of their own if any."""
    if done is not None:
        due = done.due if done.due is not None else due
        if due is None:
            return "done"
        return "on_time" if done.time <= due else "late"
    if answers_of(begun):
        return "begun"
    return "open" if due is not None and now < due else "missing"


# Corrections --------------------------------------------------------------------------------------


def _corrections(part: Part) -> Shown:
    """Tell how many of the homework's wrong answers were put right, and by whom.

    An answer is put right by a correction of its item, or by a later answer that is right.
    """
    facts = part.of_phase("post")
    firsts = first_answers(facts)
    wrong = {(fact.person, fact.item): fact for fact in firsts if fact.success is False}
    righted = {
        (fact.person, fact.item)
        for fact in facts
        if (first := wrong.get((fact.person, fact.item))) is not None
        and fact.order > first.order
        and (fact.action == "homework_corrected" or fact.success)
    }
    of_person = Counter(person for person, _ in wrong)
    righted_by = Counter(person for person, _ in righted)
    return {
        "share": counted(len(righted), len(wrong)),
        "learners": [
            part.who(person)
            | {
                "wrong": of_person[person],
                "corrected": righted_by[person],
                "evidence": part.evidence(person=person, action="homework_corrected"),
            }
            for person in sorted(of_person)
        ],
        "evidence": part.evidence(action="homework_corrected"),
    }


# What homework proved -----------------------------------------------------------------------------

_Cells = Mapping[tuple[str, str], Mapping[str, Sequence[bool]]]  # person, point: phase: successes


def _proved(part: Part) -> Shown:
    """Follow each learner through preview, class and homework, by knowledge point.

    ``changes`` are in the share of right answers of a learner in a point, of those who answered in
    both phases; their interval doesn't count how few answers a share may be of.
    """
    cells = _cells(part)
    points = sorted({point for _, point in cells})
    persons = sorted({person for person, _ in cells}, key=lambda each: _order(part, each))
    return {
        "knowledge_points": [_point(part, cells, point) for point in points],
        "learners": [
            part.who(person)
            | {
                "knowledge_points": [
                    {"knowledge_point": point, **_phases(cells[person, point])}
                    for point in points
                    if (person, point) in cells
                ],
                "evidence": part.evidence(person=person, action="answer"),
            }
            for person in persons
        ],
    }


def _cells(part: Part) -> _Cells:
    cells: defaultdict[tuple[str, str], defaultdict[str, list[bool]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for phase in PHASES:
        for fact in first_answers(part.of_phase(phase)):
            if fact.success is not None:
                for point in fact.knowledge_points:
                    cells[fact.person, point][phase].append(fact.success)
    return cells


def _phases(cell: Mapping[str, Sequence[bool]]) -> dict[str, Any]:
    return {
        phase: {"n": len(cell.get(phase, ())), "right": sum(cell.get(phase, ()))}
        for phase in PHASES
    }


def _point(part: Part, cells: _Cells, point: str) -> Shown:
    """Tell a point of all learners: the share right in each phase, and how learners changed."""
    of_point = [cell for (_, each), cell in cells.items() if each == point]
    return {
        "knowledge_point": point,
        "names": part.names.activity(point),
        **{
            phase: share_of(success for cell in of_point for success in cell.get(phase, ()))
            | {"evidence": part.evidence(action="answer", phase=phase, knowledge_point=point)}
            for phase in PHASES
        },
        "changes": [
            {"from": before, "to": after}
            | mean_change(
                [
                    sum(cell[after]) / len(cell[after]) - sum(cell[before]) / len(cell[before])
                    for cell in of_point
                    if cell.get(before) and cell.get(after)
                ]
            )
            for before, after in _CHANGES
        ],
    }


def _order(part: Part, person: str) -> tuple[str, str, str]:
    who: Student | None = part.students.get(person)
    return (who.class_group, who.name, person) if who else ("", part.names.person(person), person)
