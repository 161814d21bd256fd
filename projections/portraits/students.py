"""Portraits: where one student stands now, and the list of students, in JSON's shapes."""

from collections.abc import Callable, Collection
from typing import Any
from zoneinfo import ZoneInfo

from projections import documents
from projections.days import Days, iso_of
from projections.documents import WantedDocuments
from projections.folds import DISTRICT_TIMEZONE
from projections.identities import accounts_of, person_of
from projections.names import shares_of
from projections.portraits.class_groups import ClassGroups
from projections.portraits.company import Companies
from projections.portraits.student import Portrait, StudentPortrait
from projections.warehouse import Generation

LONGEST_PAGE = 500


class Portraits:
    """The portraits of one generation; safe to share between threads.

    ``position`` gives the log position up to which the generation's rows are complete; days begin
    and end in ``timezone``, the district's.
    """

    def __init__(
        self,
        generation: Generation,
        position: Callable[[], int],
        timezone: str = DISTRICT_TIMEZONE,
    ) -> None:
        self.identity = generation.identity
        self.position = position
        self.zone = ZoneInfo(timezone)
        self.generation = generation
        self.classes = ClassGroups(generation, position)
        self._companies = Companies(generation, position)

    def student(
        self,
        store: str,
        person: str,
        *,
        subject: str = "",
        days: Days | None = None,
        least: int = 0,
    ) -> Portrait | None:
        """Draw a student's portrait, or None where there is no evidence about that person.

        Of an account that is another person's it is that person's portrait. Times are ISO 8601 in
        UTC, days the district's, ``seconds`` seconds, probabilities and radar values 0..1 (None:
        not enough evidence), ``mean`` and ``variance`` on the logit scale. ``position`` is a log
        position that the rows reflect, at least, and ``compared_position`` that of whom the student
        is compared with: up to a minute behind, but not before ``least``. A phase is ``pre``,
        ``in``, ``post``, or empty where activity has none. ``evidence`` says how many facts a
        figure rests on, and what to ask ``projections.evidence`` to get them.
        """
        if not self._is_known(store, person):
            person = person_of(self.generation, store, person)
            if not self._is_known(store, person):
                return None
        portrait = StudentPortrait(
            self.generation,
            self.classes,
            self._companies,
            self.zone,
            store,
            person,
            subject=subject,
            days=days,
            least=least,
        )
        return portrait.draw(self.position())

    def _is_known(self, store: str, person: str) -> bool:
        return bool(self.generation.query("portrait_person", store=store, person=person))

    def mark(self, store: str, person: str) -> Any:
        """Give what differs once there is more evidence about a person; much cheaper to ask.

        Of an account that is another person's it is that person's mark.
        """
        found = self.generation.query("portrait_person", store=store, person=person)
        if found:
            return found
        person = person_of(self.generation, store, person)
        return self.generation.query("portrait_person", store=store, person=person)

    def documents(
        self,
        store: str,
        person: str,
        wanted: WantedDocuments | None = None,
        *,
        limit: int = 100,
    ) -> list[dict[str, Any]]:
        """List what apps keep about a person, newest first: State and Agent Profile documents.

        ``content`` is there where it is JSON of at most 64 KiB; ``size`` is in bytes.
        """
        rows = self.generation.query(
            "documents_of",
            store=store,
            accounts=accounts_of(self.generation, store, person),
            **(wanted or WantedDocuments()).parameters(self.zone),
            limit=max(1, min(limit, LONGEST_PAGE)),
        )
        shown = [documents.shown(row) for row in rows]
        return [{**one, "updated": iso_of(one["updated"])} for one in shown]

    def students(
        self,
        store: str,
        *,
        search: str = "",
        limit: int = 50,
        after: tuple[str, str] | None = None,
        among: Collection[str] | None = None,
    ) -> tuple[list[dict[str, Any]], tuple[str, str] | None]:
        """List the persons of a store by name, a page at a time, and say where the next one begins.

        ``search`` is a part of the name or of the person's key; ``after`` where the page begins,
        as the page before said; ``among`` the only persons to be listed. No next page: None.
        """
        limit = max(1, min(limit, LONGEST_PAGE))
        after_shown, after_person = after or ("", "")
        rows: list[Any] = []
        for persons in [[]] if among is None else shares_of(among):
            rows += self.generation.query(
                "students",
                store=store,
                search=search,
                after_shown=after_shown,
                after_person=after_person,
                is_limited=int(among is not None),
                persons=persons,
                limit=limit + 1,
            )
        rows.sort(key=lambda row: (row[4], row[0]))
        page = rows[:limit]
        listed = [
            {
                "person": person,
                "name": name or person,
                "facts": facts,
                "last_time": iso_of(last_time),
            }
            for person, name, facts, last_time, _ in page
        ]
        return listed, (page[-1][4], page[-1][0]) if len(rows) > limit else None
