"""What evaluations rest on beside figures: the roster of a day, whose account is whose, versions.

An answer looks at it once. While tables have the same rows as at the last look, what was read of
them holds: reading all of a district's students takes longer than most answers.
"""

import threading
from collections import OrderedDict, defaultdict
from datetime import date
from functools import cached_property
from typing import Final, NamedTuple

from projections.evaluation.measures import Versions
from projections.evaluation.scoring import Cohorts
from projections.identities import Identities, load_identities
from projections.warehouse import Generation

_MOST_DAYS: Final = 16  # of which it is kept who was where: some 4 MB each


class Placed(NamedTuple):
    """Where a student belongs on a day: '' where the roster doesn't say."""

    class_group: str
    school: str
    stage: str
    grade: str


class Placements:
    """The students of a store on a day, as the roster has them."""

    def __init__(self, generation: Generation, store: str, on: date) -> None:
        rows = generation.query("students_placed", store=store, on=on.isoformat())
        self.of = {person: Placed(*where) for person, *where in rows}

    def of_school(self, school: str) -> list[str]:
        """Give the students of a school."""
        return [person for person, where in self.of.items() if where.school == school]

    @cached_property
    def cohorts(self) -> Cohorts:
        """Whom each is compared with: the grade, else the school."""
        members: defaultdict[str, list[str]] = defaultdict(list)
        of = {}
        for person, where in self.of.items():
            grade = f"grade:{where.stage}:{where.grade}" if where.grade else ""
            of[person] = tuple(filter(None, (grade, f"school:{where.school}")))
            for name in of[person]:
                members[name].append(person)
        return Cohorts(of, members)


class Basis:
    """What one store's evaluations rest on at one look; safe to share between threads."""

    def __init__(
        self, generation: Generation, store: str, look: "_Look", before: "Basis | None"
    ) -> None:
        self.look = look
        self._generation = generation
        self._store = store
        self.owners, self.versions = self._read(before)
        is_as_before = before is not None and before.look[1:] == look[1:]
        self._days: _Days = before._days if before and is_as_before else _Days(generation, store)

    def _read(self, before: "Basis | None") -> tuple[Identities, Versions]:
        """Read the links, and the versions of people's rows, that are others than before."""
        if before is None or before.look.links != self.look.links:
            owners = load_identities(self._generation)
        elif before.look.people != self.look.people:
            owners = before.owners
        else:
            return before.owners, before.versions
        return owners, Versions(self._generation, self._store, owners)

    def placements(self, on: date) -> Placements:
        """Give where the students belong on a day."""
        return self._days.placements(on)


class _Days:
    """Where students belong on the days last asked about, under one roster."""

    def __init__(self, generation: Generation, store: str) -> None:
        self._generation = generation
        self._store = store
        self._lock = threading.Lock()
        self._of: OrderedDict[date, Placements] = OrderedDict()

    def placements(self, on: date) -> Placements:
        with self._lock:
            found = self._of.pop(on, None) or Placements(self._generation, self._store, on)
            self._of[on] = found
            while len(self._of) > _MOST_DAYS:
                self._of.popitem(last=False)
            return found


class _Look(NamedTuple):
    """What tables held at a look: equal where they had the same rows."""

    people: tuple[int, int]  # and documents about them
    links: tuple[int, int]
    roster: tuple[int, int]


class Bases:
    """The bases of one generation, by store; safe to share between threads."""

    def __init__(self, generation: Generation) -> None:
        self._generation = generation
        self._lock = threading.Lock()
        self._last: dict[str, Basis] = {}

    def of(self, store: str) -> Basis:
        """Look at what a store's evaluations rest on now."""
        # Rows that come between this look and what is read after it make the next look another.
        look = self._look(store)
        with self._lock:
            before = self._last.get(store)
            if before is not None and before.look == look:
                return before
            basis = Basis(self._generation, store, look, before)
            # A link is written before the versions that come of it. One that came between the look
            # and the versions would leave figures of theirs without it, and no later look would
            # find those persons changed.
            while (again := self._look(store)).links != look.links:
                look, basis = again, Basis(self._generation, store, again, basis)
            self._last[store] = basis
            return basis

    def _look(self, store: str) -> "_Look":
        rows = self._generation.query("evaluation_basis", store=store)
        seen = {name: (int(count), int(digest)) for name, count, digest in rows}
        return _Look(seen["people"], seen["links"], seen["roster"])
