"""The demo district, the same for the same seed: its people, what is true of them, its lessons."""

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from itertools import count

from apps.curriculum import (
    ACADEMIC,
    FIRST_JUNIOR_GRADE,
    FOOTBALL,
    ItemBank,
    course_of,
    dice,
    grade_name,
    knowledge_points,
    stage_of,
)
from apps.teaching import Item, KnowledgePoint, Lesson, Person

FIRST_DAY = date(2025, 9, 8)  # a Monday
SCHOOL_YEAR = 2026  # the year in which it ends, as a roster names it
TERM = (date(2025, 9, 1), date(2026, 1, 23))
DAYS_OF_A_WEEK = 5
TRAININGS_OF_A_DAY = 3
WEAK_POINTS_OF_A_STUDENT = 3


@dataclass(frozen=True, slots=True)
class Scale:
    """How large a demo is. The timetable names the subjects of each school day, over and over."""

    name: str
    schools: int
    classes: int
    students: int
    teachers: int
    school_days: int
    timetable: tuple[tuple[str, ...], ...]
    points_of_a_subject: int = 4
    check_items: int = 2
    clicker_items: int = 4
    homework_items: int = 6
    grades: tuple[int, ...] = (5,)
    own_apps: bool = False  # whether schools have apps of their own beside the common ones

    @property
    def items_of_a_lesson(self) -> int:
        """How many different questions the apps ask in a lesson."""
        return self.check_items + self.clicker_items + self.homework_items


_TWO_A_DAY = (("mathematics", "chinese"), ("chinese", "english"), ("mathematics", "english"))
_PRIMARY_GRADES = tuple(range(1, FIRST_JUNIOR_GRADE))
SCALES = {
    scale.name: scale
    for scale in (
        Scale("small", 2, 4, 80, 8, 6, _TWO_A_DAY),
        Scale("class", 1, 1, 30, 3, 42, _TWO_A_DAY),
        Scale(
            "school", 1, 18, 730, 36, 20, _TWO_A_DAY, points_of_a_subject=5, grades=_PRIMARY_GRADES
        ),
        # The size of the first district. Not every lesson there is taught with the apps.
        Scale(
            "district",
            13,
            223,
            9_029,
            450,
            90,
            (("mathematics",), (), ("chinese",), (), ("english",), ()),
            points_of_a_subject=5,
            check_items=1,
            clicker_items=2,
            homework_items=3,
            grades=_PRIMARY_GRADES,
            own_apps=True,
        ),
    )
}

_SCHOOL_NAMES = (
    ("riverside", "江畔小学"),
    ("cloud-ridge", "云岭小学"),
    ("west-gate", "西门小学"),
    ("bamboo-lane", "竹巷小学"),
    ("south-hill", "南山小学"),
    ("harbour", "港湾小学"),
    ("old-town", "古城小学"),
    ("sunrise", "朝阳小学"),
    ("plum-garden", "梅园小学"),
    ("north-bridge", "北桥中学"),
    ("two-rivers", "两江中学"),
    ("city-wall", "城墙中学"),
    ("lighthouse", "灯塔中学"),
)
_JUNIOR_SCHOOLS = 4  # the last of them, where there are all
_SURNAMES = "王李张刘陈杨黄赵周吴徐孙马朱胡郭何林罗高"
_GIVEN_NAMES = (
    *("子涵", "雨桐", "浩然", "梓萱", "宇轩", "诗琪", "俊杰", "欣怡", "一诺", "思远"),
    *("嘉怡", "天佑", "可馨", "明轩", "若曦", "泽宇", "静怡", "博文", "佳琪", "睿"),
)


@dataclass(frozen=True, slots=True, eq=False)
class Student:
    """A student and the truth about them, which no app knows."""

    person: Person
    parent: Person
    diligence: float  # 0..1: how much of what is asked gets done
    punctuality: float  # 0..1: how much of the homework is handed in by its time
    growth: float  # logits that every ability gains over the demo's days
    ability: dict[str, float]  # on the first day; knowledge point IRI: logit scale
    weak_points: frozenset[str]  # knowledge point IRIs where it was set low on purpose
    fitness: float  # 0..1, as are the other dimensions of football
    skill: float
    teamwork: float
    fair_play: float

    @property
    def key(self) -> str:
        """The person's name in portraits."""
        return self.person.key

    def ability_at(self, point: str, share: float) -> float:
        """Give the ability in a knowledge point after a share, 0..1, of the demo's days."""
        return self.ability[point] + self.growth * share

    def probability(self, item: Item, share: float) -> float:
        """How probably the student gets an item right: a Rasch model, the mean of the abilities."""
        points = item.knowledge_points
        ability = sum(self.ability_at(point.iri, share) for point in points) / len(points)
        return 1 / (1 + math.exp(item.difficulty - ability))


@dataclass(frozen=True, slots=True, eq=False)
class Teacher:
    """A teacher and how likely each kind of act is in a lesson, 0..1, which no app knows."""

    person: Person
    subject: str
    prepares: float
    shares: float
    pushes: float
    adjusts: float
    interacts: float
    feeds_back: float


@dataclass(frozen=True, slots=True)
class Membership:
    """A student's days in a class: from ``begin`` on, up to and with ``end`` if it has ended."""

    student: Student
    begin: date
    end: date | None = None

    def holds(self, day: date) -> bool:
        """Whether the student is in the class on a day."""
        return self.begin <= day and (self.end is None or day <= self.end)


@dataclass(frozen=True, slots=True, eq=False)
class School:
    """A school."""

    code: str  # as the roster has it
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class ClassGroup:
    """An administrative class (行政班), and who teaches it what."""

    code: str  # as the roster has it
    name: str
    school: School
    grade: int
    number: int  # 1, 2, ... within the grade of the school
    teachers: dict[str, Teacher]  # by subject
    memberships: list[Membership] = field(default_factory=list)

    def students_on(self, day: date) -> list[Student]:
        """Give the students of a day."""
        return [each.student for each in self.memberships if each.holds(day)]


@dataclass(frozen=True, slots=True, eq=False)
class Planned:
    """A lesson of a class with its day, and the questions that its apps may ask.

    ``period`` is 0..8, for trainings 0..2; ``host`` names the class it is held in where that is
    another (双师课堂).
    """

    lesson: Lesson
    class_group: ClassGroup
    teacher: Teacher
    day: date
    period: int
    share: float  # of the demo's days that have passed, 0..1
    items: tuple[Item, ...]
    host: str | None = None


@dataclass(frozen=True, eq=False)
class District:
    """Schools, their classes, and the lessons of the demo's days."""

    scale: Scale
    seed: int
    schools: tuple[School, ...]
    classes: tuple[ClassGroup, ...]
    students: tuple[Student, ...]
    teachers: tuple[Teacher, ...]
    lessons: tuple[Planned, ...]  # in the order of their days
    trainings: tuple[Planned, ...]  # of football, in the first school

    @cached_property
    def class_of(self) -> dict[str, ClassGroup]:
        """Classes by their code."""
        return {group.code: group for group in self.classes}


def make_district(seed: int, scale: Scale) -> District:
    """Make a district: its people first, then their lessons."""
    names = _names(seed)
    sizes = shared_out(scale.classes, [1] * scale.schools)
    teachers_of = shared_out(scale.teachers, sizes)
    schools: list[School] = []
    classes: list[ClassGroup] = []
    teachers: list[Teacher] = []
    for place, (number, staff) in enumerate(zip(sizes, teachers_of, strict=True)):
        school = School(*_SCHOOL_NAMES[place])
        made = _teachers(seed, school, staff, names)
        schools.append(school)
        teachers += made
        classes += _classes(school, _grades(scale, place), number, made)
    students = _students(seed, scale, classes, names)
    lessons = _lessons(seed, scale, classes)
    return District(
        scale=scale,
        seed=seed,
        schools=tuple(schools),
        classes=tuple(classes),
        students=tuple(students),
        teachers=tuple(teachers),
        lessons=tuple(lessons),
        trainings=tuple(_trainings(scale, classes, schools[0])),
    )


def school_day(number: int) -> date:
    """Give the day of a school day's number, 0, 1, ...; weekends are left out."""
    return FIRST_DAY + timedelta(days=number + 2 * (number // 5))


def shared_out(total: int, weights: Sequence[int]) -> list[int]:
    """Share a number out by weights, none more than one off its due."""
    whole, given, shares = sum(weights), 0, []
    for reached in _running(weights):
        upto = round(total * reached / whole)
        shares.append(upto - given)
        given = upto
    return shares


def _running(weights: Sequence[int]) -> Iterator[int]:
    reached = 0
    for weight in weights:
        reached += weight
        yield reached


def _grades(scale: Scale, place: int) -> tuple[int, ...]:
    if scale.schools == len(_SCHOOL_NAMES) and place >= scale.schools - _JUNIOR_SCHOOLS:
        return (7, 8, 9)
    return scale.grades


def _teachers(seed: int, school: School, number: int, names: Iterator[str]) -> list[Teacher]:
    """Make a school's teachers, their subjects in turn, so that each has someone."""
    subjects = (*ACADEMIC, FOOTBALL) if number > len(ACADEMIC) else ACADEMIC
    made = []
    for place in range(number):
        # One for sports is enough for one school; the others' turns go on without.
        subject = subjects[place] if place < len(subjects) else ACADEMIC[(place - 1) % 3]
        person = Person(f"{school.code}-teacher-{place + 1:02}", f"{next(names)}老师")
        chance = dice(seed, person.account)
        habits = [round(chance.betavariate(2, 2), 3) for _ in range(6)]
        made.append(Teacher(person, subject, *habits))
    return made


def _classes(
    school: School, grades: Sequence[int], number: int, teachers: Sequence[Teacher]
) -> Iterator[ClassGroup]:
    """Make a school's classes, and give each a teacher of every subject."""
    of_subject = defaultdict(list)
    for teacher in teachers:
        of_subject[teacher.subject].append(teacher)
    place = count()
    for grade, of_grade in zip(grades, shared_out(number, [1] * len(grades)), strict=True):
        for within in range(1, of_grade + 1):
            at = next(place)
            yield ClassGroup(
                code=f"{school.code}-{grade}-{within}",
                name=f"{school.name}{grade_name(grade)}{within}班",
                school=school,
                grade=grade,
                number=within,
                teachers={
                    subject: staff[at * len(staff) // number]
                    for subject, staff in of_subject.items()
                },
            )


def _students(
    seed: int, scale: Scale, classes: Sequence[ClassGroup], names: Iterator[str]
) -> list[Student]:
    """Put students into the classes; in each with a sister class, one moves there halfway."""
    made = []
    moves = school_day(scale.school_days // 2)
    by_grade = defaultdict(list)
    for group in classes:
        by_grade[group.school.code, group.grade].append(group)
    for group, size in zip(classes, shared_out(scale.students, [1] * len(classes)), strict=True):
        sisters = by_grade[group.school.code, group.grade]
        for place in range(1, size + 1):
            person = Person(f"{group.code}-{place:02}", next(names))
            student = _student(seed, scale, person, group.grade)
            made.append(student)
            if place == size and len(sisters) > 1:
                after = sisters[group.number % len(sisters)]
                last = moves - timedelta(days=1)
                group.memberships.append(Membership(student, TERM[0], last))
                after.memberships.append(Membership(student, moves))
            else:
                group.memberships.append(Membership(student, TERM[0]))
    return made


def _student(seed: int, scale: Scale, person: Person, grade: int) -> Student:
    """Make a student: able or not on the whole, more or less so by point, and weak in some.

    A weak point lies one and a half logits or more under the student's own level, every other at
    most half a logit.
    """
    chance = dice(seed, person.account)
    points = [
        point.iri
        for subject in ACADEMIC
        for point in knowledge_points(subject, grade, scale.points_of_a_subject)
    ]
    general = chance.gauss(0.5, 0.8)
    weak = frozenset(chance.sample(points, WEAK_POINTS_OF_A_STUDENT))
    ability = {
        point: general - 1.5 - abs(chance.gauss(0, 0.4))
        if point in weak
        else general + max(-0.5, chance.gauss(0.1, 0.5))
        for point in points
    }
    return Student(
        person,
        Person(f"{person.account}-parent", f"{person.name}的家长"),
        diligence=chance.betavariate(4, 1.5),
        punctuality=chance.betavariate(5, 1.2),
        growth=max(0.0, chance.gauss(0.3, 0.2)),
        ability=ability,
        weak_points=weak,
        fitness=chance.betavariate(4, 2),
        skill=chance.betavariate(3, 3),
        teamwork=chance.betavariate(4, 2),
        fair_play=chance.betavariate(5, 2),
    )


def _names(seed: int) -> Iterator[str]:
    """Give people's names, none twice: with a third character when those of two run out."""
    names = [surname + given for surname in _SURNAMES for given in _GIVEN_NAMES]
    dice(seed, "names").shuffle(names)
    yield from names
    for ending in count(1):
        for name in names:
            yield f"{name}{ending}"


def _lessons(seed: int, scale: Scale, classes: Sequence[ClassGroup]) -> list[Planned]:
    bank = ItemBank(seed, scale.points_of_a_subject)
    hosts = _hosts(classes)
    index = _index_within_teacher(classes)
    planned = []
    for group in classes:
        taught: Counter[str] = Counter()
        lessons_of = _lessons_of_a_point(scale, group)
        for number in range(scale.school_days):
            for place, subject in enumerate(_subjects_on(scale, group, number)):
                points = knowledge_points(subject, group.grade, scale.points_of_a_subject)
                nth = taught[subject]
                taught[subject] += 1
                point = points[min(nth // lessons_of[subject], len(points) - 1)]
                is_remote = number % DAYS_OF_A_WEEK == DAYS_OF_A_WEEK - 1 and place == 0
                host = hosts.get(group.code) if is_remote else None
                planned.append(
                    _planned(scale, group, host or group, number, subject, point, nth, bank, index)
                )
    return sorted(planned, key=lambda each: each.day)


def _planned(
    scale: Scale,
    group: ClassGroup,
    host: ClassGroup,
    number: int,
    subject: str,
    point: KnowledgePoint,
    nth: int,
    bank: ItemBank,
    index: dict[tuple[str, str], int],
) -> Planned:
    """Plan the ``nth`` lesson of a subject, held in class ``host`` on a school day's number."""
    teacher = host.teachers[subject]
    lesson = Lesson(
        code=f"{host.code}/{point.code}/{nth + 1}",
        zh=f"{point.zh}（{host.name} 第{nth + 1}课）",
        en=f"{point.en} ({host.code}, lesson {nth + 1})",
        subject=subject,
        course=course_of(subject, group.grade),
        knowledge_point=point,
        teacher=teacher.person,
        class_group=group.code,
        school=group.school.code,
        stage=stage_of(group.grade),
        grade=group.grade,
    )
    items = bank.items(subject, group.grade, point)
    asked = scale.items_of_a_lesson
    first = nth * asked % (len(items) - asked + 1)
    return Planned(
        lesson=lesson,
        class_group=group,
        teacher=teacher,
        day=school_day(number),
        period=ACADEMIC.index(subject) + 3 * (index[host.code, subject] % 3),
        share=number / scale.school_days,
        items=items[first : first + asked],
        host=None if host is group else host.code,
    )


def _subjects_on(scale: Scale, group: ClassGroup, number: int) -> tuple[str, ...]:
    """Give the subjects of a class's school day; a grade's classes have them on the same days."""
    return scale.timetable[(number + group.grade) % len(scale.timetable)]


def _lessons_of_a_point(scale: Scale, group: ClassGroup) -> dict[str, int]:
    """Share a subject's lessons out to its knowledge points."""
    lessons = Counter(
        subject
        for number in range(scale.school_days)
        for subject in _subjects_on(scale, group, number)
    )
    return {subject: math.ceil(lessons[subject] / scale.points_of_a_subject) for subject in lessons}


def _hosts(classes: Sequence[ClassGroup]) -> dict[str, ClassGroup]:
    """Pair the first classes of a grade in two schools: guest's code to host."""
    firsts = defaultdict(list)
    for group in classes:
        if group.number == 1:
            firsts[group.grade].append(group)
    return {
        guest.code: host
        for of_grade in firsts.values()
        for host, guest in zip(of_grade[::2], of_grade[1::2], strict=False)
    }


def _index_within_teacher(classes: Sequence[ClassGroup]) -> dict[tuple[str, str], int]:
    """Number each teacher's classes 0, 1, ..., so that their lessons are at different times."""
    seen: Counter[str] = Counter()
    index = {}
    for group in classes:
        for subject, teacher in group.teachers.items():
            index[group.code, subject] = seen[teacher.person.account]
            seen[teacher.person.account] += 1
    return index


def _trainings(scale: Scale, classes: Sequence[ClassGroup], school: School) -> Iterator[Planned]:
    """Plan football for the classes of one school: a few each day, each every fifth school day."""
    own = [group for group in classes if group.school is school]
    for number in range(scale.school_days):
        turn, week = number % DAYS_OF_A_WEEK, number // DAYS_OF_A_WEEK
        for place, group in enumerate(own[turn::DAYS_OF_A_WEEK][:TRAININGS_OF_A_DAY]):
            teacher = group.teachers.get(FOOTBALL) or group.teachers[ACADEMIC[0]]
            lesson = Lesson(
                code=f"{group.code}/football/{week + 1}",
                zh=f"足球训练（{group.name}）",
                en=f"Football training ({group.code})",
                subject=FOOTBALL,
                course=course_of(FOOTBALL, group.grade),
                knowledge_point=KnowledgePoint("football", "足球", "Football"),
                teacher=teacher.person,
                class_group=group.code,
                school=school.code,
                stage=stage_of(group.grade),
                grade=group.grade,
            )
            share = number / scale.school_days
            yield Planned(lesson, group, teacher, school_day(number), place, share, ())
