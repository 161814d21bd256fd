"""A roster in memory: who teaches and who learns in which class of which school."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date


@dataclass
class InMemory:
    """The membership of every store alike, the same on each day."""

    schools: Mapping[str, Collection[str]] = field(default_factory=dict)  # classes by school
    teachers: Mapping[str, Collection[str]] = field(default_factory=dict)  # by class
    students: Mapping[str, Collection[str]] = field(default_factory=dict)  # by class
    leaders: Mapping[str, Collection[str]] = field(default_factory=dict)  # schools by person
    persons: Mapping[str, str] = field(default_factory=dict)  # by account
    asked: list[date] = field(default_factory=list)

    def person_of(self, store: str, account: str) -> str:
        return self.persons.get(account, account)

    def teaches(self, store: str, person: str, on: date) -> Iterable[str]:
        self.asked.append(on)
        return [one for one, persons in self.teachers.items() if person in persons]

    def schools_of(self, store: str, person: str, on: date) -> Iterable[str]:
        return self.leaders.get(person, ())

    def classes_of(self, store: str, schools: Collection[str], on: date) -> Iterable[str]:
        return [one for school in schools for one in self.schools.get(school, ())]

    def students_of(self, store: str, classes: Collection[str], on: date) -> Iterable[str]:
        return [one for group in classes for one in self.students.get(group, ())]

    def teachers_of(self, store: str, classes: Collection[str], on: date) -> Iterable[str]:
        return [one for group in classes for one in self.teachers.get(group, ())]
