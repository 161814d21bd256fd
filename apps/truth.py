"""What really happened in the demo district, to compare with what portraits and reports say.

Everything is counted where it is simulated, before any statement is made of it.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import NamedTuple

from apps.district import ClassGroup, District, Planned, Student
from apps.homework import homework_iri
from apps.teaching import Item, Phase


class Answer(NamedTuple):
    """One response of a student to an item."""

    student: str  # person key
    lesson: str  # activity id
    phase: Phase
    item: str  # activity id
    knowledge_points: tuple[str, ...]  # activity ids
    choice: str
    success: bool
    when: datetime


class Homework(NamedTuple):
    """What became of one student's homework: ``done`` is None where it was never handed in."""

    due: datetime
    done: datetime | None
    share_right: float = 0.0  # of its items, at the first try

    @property
    def is_on_time(self) -> bool:
        """Whether it was handed in by its time."""
        return self.done is not None and self.done <= self.due


class Mistake(NamedTuple):
    """An item a student once got wrong, with all responses in time order."""

    item: str
    knowledge_points: tuple[str, ...]
    attempts: tuple[Answer, ...]

    @property
    def is_right_later(self) -> bool:
        """Whether the newest response is right."""
        return self.attempts[-1].success

    @property
    def is_retried(self) -> bool:
        """Whether the item was answered again after it was first got wrong."""
        first_wrong = next(n for n, attempt in enumerate(self.attempts) if not attempt.success)
        return first_wrong < len(self.attempts) - 1


@dataclass(slots=True)
class Truth:
    """What really happened. Persons are named by their key, things by their activity id.

    ``answers`` is kept only where asked for: a district's term would fill the memory with it. The
    queries that need it say so.
    """

    district: District
    keeps_answers: bool = True
    statements: Counter[str] = field(default_factory=Counter)  # by app
    tries: Counter[tuple[str, str]] = field(default_factory=Counter)  # student, knowledge point
    successes: Counter[tuple[str, str]] = field(default_factory=Counter)
    answers: list[Answer] = field(default_factory=list)
    badges: Counter[str] = field(default_factory=Counter)  # by student
    badges_given: Counter[tuple[str, str]] = field(default_factory=Counter)  # student, badge
    homework: dict[tuple[str, str], Homework] = field(default_factory=dict)  # student, homework
    corrected: Counter[str] = field(default_factory=Counter)  # by student
    _wrong: dict[tuple[str, str], list[Item]] = field(default_factory=dict)
    # Teacher and action, such as `resource_shared`; and lesson and action, of the learners in it.
    teacher_acts: Counter[tuple[str, str]] = field(default_factory=Counter)
    lesson_acts: Counter[tuple[str, str]] = field(default_factory=Counter)
    # Ratings of football, 0..1: student, indicator code and rater.
    ratings: dict[tuple[str, str, str], list[float]] = field(
        default_factory=lambda: defaultdict(list)
    )

    @property
    def students(self) -> tuple[Student, ...]:
        """The students with their true abilities, diligence, punctuality and growth."""
        return self.district.students

    # What the simulation notes ------------------------------------------------------------

    def answered(
        self,
        student: Student,
        planned: Planned,
        phase: Phase,
        item: Item,
        choice: str,
        when: datetime,
    ) -> None:
        """Note a response."""
        is_right = choice == item.right_choice
        points = tuple(point.iri for point in item.knowledge_points)
        for point in points:
            self.tries[student.key, point] += 1
            self.successes[student.key, point] += is_right
        if self.keeps_answers:
            lesson = planned.lesson.iri
            self.answers.append(
                Answer(student.key, lesson, phase, item.iri, points, choice, is_right, when)
            )

    def homework_set(self, student: Student, planned: Planned, due: datetime) -> None:
        """Note that a student has to do a homework."""
        self.homework[student.key, homework_iri(planned.lesson)] = Homework(due, None)

    def homework_done(
        self,
        student: Student,
        planned: Planned,
        when: datetime,
        share_right: float,
        wrong: list[Item],
    ) -> None:
        """Note when it was handed in, how much of it was right, and the items that were not."""
        key = student.key, homework_iri(planned.lesson)
        self.homework[key] = Homework(self.homework[key].due, when, share_right)
        self._wrong[key] = wrong

    def wrong_at_home(self, student: Student, planned: Planned) -> list[Item]:
        """Give what the student got wrong in a homework, once: it is retried but one time."""
        return self._wrong.pop((student.key, homework_iri(planned.lesson)), [])

    # What others compare with -------------------------------------------------------------

    def roster(self, class_group: str, day: date) -> set[str]:
        """Give the students of an administrative class on a day."""
        group: ClassGroup = self.district.class_of[class_group]
        return {student.key for student in group.students_on(day)}

    def ability(self, student: Student, point: str) -> float:
        """Give a student's true ability in a knowledge point at the demo's end, in logits."""
        return student.ability_at(point, 1.0)

    def participation(self, lesson: str) -> dict[str, list[Answer]]:
        """Give who answered what in class, and when; needs ``answers``."""
        found = defaultdict(list)
        for answer in self.answers:
            if answer.lesson == lesson and answer.phase == "in":
                found[answer.student].append(answer)
        return dict(found)

    def mistakes(self, student: str) -> dict[str, Mistake]:
        """Give the student's true mistake book (错题本), by item; needs ``answers``."""
        attempts = defaultdict(list)
        for answer in sorted(self.answers, key=lambda answer: answer.when):
            if answer.student == student:
                attempts[answer.item].append(answer)
        return {
            item: Mistake(item, of_item[0].knowledge_points, tuple(of_item))
            for item, of_item in attempts.items()
            if not all(answer.success for answer in of_item)
        }
