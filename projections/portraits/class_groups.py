"""The class of each student on a day, as the roster has it."""

from collections import defaultdict
from collections.abc import Callable
from datetime import date
from typing import Final

import msgspec

from projections.remembering import Remembered
from projections.warehouse import Generation

_MOST_DAYS: Final = 4  # by which all students of a store are held, each with the class
_OLDEST: Final = 60.0  # seconds until a change of the roster shows, for who names no position


class ClassGroup(msgspec.Struct, frozen=True):
    """A class as the roster has it on a day; ``grade`` and ``stage`` are '' where unknown."""

    class_group: str
    title: str
    grade: str
    stage: str
    persons: tuple[str, ...]


class ClassGroups:
    """The classes of one generation's stores, all of a store read at once; threads can share it."""

    def __init__(self, generation: Generation, position: Callable[[], int]) -> None:
        self._generation = generation
        self._remembered = Remembered(position, oldest=_OLDEST, most=_MOST_DAYS)

    def of(
        self, store: str, person: str, on: date, *, least: int = 0
    ) -> tuple[ClassGroup | None, int]:
        """Give the class a person is a student of on a day, the administrative one first.

        None where the roster knows none. ``least`` is a log position that has to be seen; what
        comes second is the one that is.
        """
        by_person, position = self._remembered.ask(
            (store, on), lambda: self._load(store, on), least
        )
        return by_person.get(person), position

    def _load(self, store: str, on: date) -> dict[str, ClassGroup]:
        rows = self._generation.query("students_by_class", store=store, on=on.isoformat())
        persons: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
        for person, *known in rows:
            persons[tuple(known)].append(person)
        by_person = {}
        for (name, title, grade, stage), members in persons.items():
            group = ClassGroup(name, title or name, grade, stage, tuple(sorted(members)))
            by_person.update(dict.fromkeys(members, group))
        return by_person
