"""The mistake book (错题本): items ever answered wrong, and how far each has been put right.

An item is in it once it was answered wrong; where it stands depends on what came after the **last**
wrong response to it:

- ``wrong``: nothing.
- ``retried``: a right answer, or a correction, that doesn't make it mastered.
- ``mastered``: two right answers at least, one of them on a later day than the mistake; or a
  correction, and a right answer after it.

A correction (订正) of the homework in which the item stands counts as one of the item. A correction
said to be wrong is a wrong response. As only right answers come after the last wrong response, the
newest two responses of a mastered item are right, or the newest is, and corrected what it was.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, tzinfo
from typing import Any, Final, Literal

import msgspec

from projections.days import day_of, iso_of
from projections.evidence import Wanted, figure_evidence
from projections.identities import accounts_of, person_of
from projections.names import Names, names_of
from projections.responses import Response, corrected_with, responses_of
from projections.warehouse import Generation

State = Literal["wrong", "retried", "mastered"]
STATES: Final[tuple[State, ...]] = ("wrong", "retried", "mastered")
LONGEST_PAGE: Final = 500
Place = tuple[int, str]  # when an item was last wrong, and the item

RULE: Final = {
    "zh": "最近一次答错之后：没有再做为“未订正”；订正过或答对过为“已重做”；"
    "至少答对两次且其中一次不在答错当天，或订正后又答对，为“已掌握”。",
    "en": "After the last wrong response: nothing is `wrong`; a correction or a right answer is"
    " `retried`; two right answers, one of them on a later day than the mistake, or a right answer"
    " after a correction, is `mastered`.",
}


class Mistake(msgspec.Struct, frozen=True):
    """An item that was answered wrong, with all responses to it, oldest first."""

    item: str
    state: State
    attempts: tuple[Response, ...]
    last_wrong: Response

    @property
    def newest(self) -> Response:
        """The newest response, by whose words the item is filed."""
        return self.attempts[-1]

    @property
    def subject(self) -> str:
        """The subject as last said; '' where nobody says."""
        return _last_said(one.subject for one in self.attempts)

    @property
    def lesson(self) -> str:
        """The lesson of the last mistake."""
        return self.last_wrong.lesson

    @property
    def knowledge_points(self) -> tuple[str, ...]:
        """The knowledge points as last said."""
        said = [one.knowledge_points for one in self.attempts if one.knowledge_points]
        return said[-1] if said else ()

    @property
    def layer(self) -> str:
        """The layer of homework as last said."""
        return _last_said(one.layer for one in self.attempts)

    @property
    def place(self) -> Place:
        """Where it stands in the book, which begins with what was wrong last."""
        return (self.last_wrong.time, self.item)


class Filters(msgspec.Struct, frozen=True, kw_only=True):
    """Which mistakes are asked for; what is empty asks for all."""

    subject: str = ""
    knowledge_point: str = ""
    lesson: str = ""
    state: State | None = None

    def hold(self, mistake: Mistake) -> bool:
        """Whether a mistake is asked for, whatever its state."""
        return (
            (not self.subject or mistake.subject == self.subject)
            and (not self.knowledge_point or self.knowledge_point in mistake.knowledge_points)
            and (not self.lesson or any(one.lesson == self.lesson for one in mistake.attempts))
        )


def find_mistakes(responses: Iterable[Response], zone: tzinfo) -> list[Mistake]:
    """Find the items ever answered wrong among responses in time order; the last wrong first."""
    by_item: defaultdict[str, list[Response]] = defaultdict(list)
    corrections: defaultdict[str, list[Response]] = defaultdict(list)  # by what was corrected
    for response in responses:
        if response.is_correction:
            corrections[response.item].append(response)
        else:
            by_item[response.item].append(response)
    found = []
    for item, answers in by_item.items():
        if all(answer.success for answer in answers):
            continue
        of = (item, *corrected_with(item, answers))
        corrected = [one for what in of for one in corrections.get(what, ())]
        attempts = sorted((*answers, *corrected), key=lambda one: one.order)
        found.append(_mistake(item, attempts, zone))
    return sorted(found, key=lambda mistake: mistake.place, reverse=True)


def _mistake(item: str, attempts: Sequence[Response], zone: tzinfo) -> Mistake:
    last = max(at for at, attempt in enumerate(attempts) if attempt.success is False)
    wrong, since = attempts[last], attempts[last + 1 :]
    return Mistake(item, _state(wrong, since, zone), tuple(attempts), wrong)


def _state(wrong: Response, since: Sequence[Response], zone: tzinfo) -> State:
    if not since:
        return "wrong"
    right = [one for one in since if not one.is_correction]
    is_later = bool(right) and _day(right[-1], zone) > _day(wrong, zone)
    if len(right) > 1 and is_later:
        return "mastered"
    corrected = next((at for at, one in enumerate(since) if one.is_correction), len(since))
    if any(not one.is_correction for one in since[corrected:]):
        return "mastered"
    return "retried"


def _day(response: Response, zone: tzinfo) -> date:
    return day_of(response.time, zone)


def _last_said(words: Iterable[str]) -> str:
    said = [word for word in words if word]
    return said[-1] if said else ""


def mistake_book(
    generation: Generation,
    store: str,
    person: str,
    zone: tzinfo,
    filters: Filters | None = None,
    *,
    limit: int = 50,
    after: Place | None = None,
) -> tuple[dict[str, Any], Place | None]:
    """Open a page of a person's mistake book; gives it, and where the next page begins.

    ``counts`` are by state and by knowledge point, over all that the filters ask for whatever its
    state; ``mistakes`` begin with what was wrong last. Times are ISO 8601 in UTC.
    """
    filters = filters or Filters()
    limit = max(1, min(limit, LONGEST_PAGE))
    person = person_of(generation, store, person)
    responses = responses_of(generation, store, accounts_of(generation, store, person))
    asked = [one for one in find_mistakes(responses, zone) if filters.hold(one)]
    listed = [one for one in asked if filters.state in (None, one.state)]
    behind = [one for one in listed if after is None or one.place < after]
    page = behind[:limit]
    names = names_of(generation, store, _named(page, asked))
    book = {
        "person": person,
        "rule": RULE,
        "counts": {state: sum(one.state == state for one in asked) for state in STATES},
        "knowledge_points": _by_point(asked, names),
        "mistakes": [_shown(one, names, person) for one in page],
    }
    return book, page[-1].place if len(behind) > limit else None


def _named(page: Sequence[Mistake], asked: Sequence[Mistake]) -> set[str]:
    points = {point for one in asked for point in one.knowledge_points}
    return points | {name for one in page for name in (one.item, one.lesson)}


def _by_point(mistakes: Sequence[Mistake], names: Names) -> list[dict[str, Any]]:
    """Count by knowledge point and state; first those with the most that isn't mastered."""
    counted: defaultdict[str, Counter[State]] = defaultdict(Counter)
    for mistake in mistakes:
        for point in mistake.knowledge_points:
            counted[point][mistake.state] += 1

    def order(point: str) -> tuple[int, str]:
        return counted[point]["mastered"] - counted[point].total(), point

    return [
        {"knowledge_point": point, "names": names.get(point, {})}
        | {state: counted[point][state] for state in STATES}
        for point in sorted(counted, key=order)
    ]


def _shown(mistake: Mistake, names: Names, person: str) -> dict[str, Any]:
    wanted = Wanted(person=person, attempts_at=mistake.item)
    return {
        "item": mistake.item,
        "names": names.get(mistake.item, {}),
        "state": mistake.state,
        "subject": mistake.subject,
        "knowledge_points": [
            {"knowledge_point": point, "names": names.get(point, {})}
            for point in mistake.knowledge_points
        ],
        "lesson": mistake.lesson,
        "lesson_names": names.get(mistake.lesson, {}),
        "layer": mistake.layer,
        "last_wrong": iso_of(mistake.last_wrong.time),
        "times_wrong": sum(one.success is False for one in mistake.attempts),
        "attempts": [_attempt(one) for one in mistake.attempts],
        "evidence": figure_evidence(len(mistake.attempts), wanted),
    }


def _attempt(response: Response) -> dict[str, Any]:
    return {
        "time": iso_of(response.time),
        "action": response.action,
        "response": response.response,
        "success": response.success,
        "duration": response.duration,
        "app": response.app,
        "statement": response.statement,
    }
