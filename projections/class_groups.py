"""The class of each student on a day, as the roster has it."""

import threading
from collections import defaultdict
from datetime import date
from time import monotonic
from typing import Final

import msgspec

from projections.warehouse import Generation

# All classes of a store are read at once, and anew only when they are this many times as old as
# reading took: a twentieth of the time at most.
_PATIENCE: Final = 20


class ClassGroup(msgspec.Struct, frozen=True):
    """A class as the roster has it on a day; ``grade`` and ``stage`` are '' where unknown."""

    class_group: str
    title: str
    grade: str
    stage: str
    persons: tuple[str, ...]


class ClassGroups:
    """The classes of one generation's stores; threads can share it."""

    def __init__(self, generation: Generation) -> None:
        self._generation = generation
        self._read: dict[str, _Classes] = {}
        self._reading = threading.Lock()

    def of(self, store: str, person: str, on: date, position: int) -> ClassGroup | None:
        """Give the class a person is a student of on a day, the administrative one first.

        None where the roster knows none. ``position`` is a log position that the rows reflect.
        """
        read = self._read.get(store)
        if read is None or not read.holds(on, position):
            with self._reading:
                read = self._read.get(store)
                if read is None or not read.holds(on, position):
                    read = self._read[store] = self._load(store, on, position)
        return read.by_person.get(person)

    def _load(self, store: str, on: date, position: int) -> "_Classes":
        began = monotonic()
        rows = self._generation.query("students_by_class", store=store, on=on.isoformat())
        persons: defaultdict[tuple[str, ...], list[str]] = defaultdict(list)
        for person, *known in rows:
            persons[tuple(known)].append(person)
        by_person = {}
        for (name, title, grade, stage), members in persons.items():
            group = ClassGroup(name, title or name, grade, stage, tuple(sorted(members)))
            by_person.update(dict.fromkeys(members, group))
        ended = monotonic()
        return _Classes(on, position, ended, ended - began, by_person)


class _Classes(msgspec.Struct, frozen=True):
    on: date
    position: int
    ended: float  # monotonic seconds
    took: float
    by_person: dict[str, ClassGroup]

    def holds(self, on: date, position: int) -> bool:
        """Whether it is of that day and of now, or not old enough to be read anew."""
        is_of_now = self.position == position or monotonic() - self.ended <= _PATIENCE * self.took
        return is_of_now and self.on == on
