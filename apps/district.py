"""A small district for the demo, the same for the same seed: its people and what they learn."""

import math
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

from apps.teaching import ACCOUNTS, Item, KnowledgePoint, Lesson, Person

FIRST_DAY = date(2025, 9, 8)  # a Monday
SCHOOLS = (("riverside", "江畔小学"), ("cloud-ridge", "云岭小学"))
CLASSES_OF_A_SCHOOL = 2
STUDENTS_OF_A_CLASS = 30
ITEMS_OF_A_KNOWLEDGE_POINT = 16

# Subject: course in Chinese and English, knowledge points in the order they are taught.
CURRICULUM: dict[str, tuple[str, str, tuple[tuple[str, str, str], ...]]] = {
    "mathematics": (
        "五年级数学",
        "Mathematics, grade 5",
        (
            ("decimal-multiplication", "小数乘法", "Multiplying decimals"),
            ("simple-equations", "简易方程", "Simple equations"),
            ("area-of-polygons", "多边形的面积", "Area of polygons"),
            ("factors-and-multiples", "因数与倍数", "Factors and multiples"),
        ),
    ),
    "chinese": (
        "五年级语文",
        "Chinese, grade 5",
        (
            ("main-idea", "概括主要内容", "Finding the main idea"),
            ("figures-of-speech", "修辞手法", "Figures of speech"),
            ("ways-of-explaining", "说明方法", "Ways of explaining"),
            ("classical-reading", "文言文阅读", "Reading classical Chinese"),
        ),
    ),
    "english": (
        "五年级英语",
        "English, grade 5",
        (
            ("frequency-adverbs", "频度副词", "Adverbs of frequency"),
            ("present-continuous", "现在进行时", "Present continuous"),
            ("modal-verbs", "情态动词", "Modal verbs"),
            ("simple-past", "一般过去时", "Simple past"),
        ),
    ),
}
# School day of each lesson of a subject, of the ten of two weeks.
SCHOOL_DAYS = {"mathematics": (0, 3, 5, 8), "chinese": (1, 3, 6, 8), "english": (2, 4, 7, 9)}

_SURNAMES = "王李张刘陈杨黄赵周吴徐孙马朱胡郭何林罗高"
_GIVEN_NAMES = (
    *("子涵", "雨桐", "浩然", "梓萱", "宇轩", "诗琪", "俊杰", "欣怡", "一诺", "思远"),
    *("嘉怡", "天佑", "可馨", "明轩", "若曦", "泽宇", "静怡", "博文", "佳琪", "睿"),
)


@dataclass(frozen=True, slots=True)
class Student:
    """A student and the truth about them, which no app knows."""

    person: Person
    school: str
    class_group: str
    diligence: float  # 0..1: how much of what is asked gets done
    ability: dict[str, float]  # knowledge point IRI: logit scale

    @property
    def key(self) -> str:
        """The person's name in portraits."""
        return f"account:{ACCOUNTS}|{self.person.account}"

    def probability(self, item: Item) -> float:
        """How probably the student gets an item right."""
        abilities = [self.ability[point.iri] for point in item.knowledge_points]
        return 1 / (1 + math.exp(item.difficulty - sum(abilities) / len(abilities)))


@dataclass(frozen=True, slots=True)
class ClassGroup:
    """A class and who teaches it what."""

    code: str  # as a roster has it
    name: str
    school: str  # code
    students: tuple[Student, ...]
    teachers: dict[str, Person]  # by subject


@dataclass(frozen=True, slots=True)
class Planned:
    """A lesson with its day, its class, and the questions its apps may ask."""

    lesson: Lesson
    class_group: ClassGroup
    day: date
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class District:
    """Schools' classes, and the lessons of two weeks."""

    classes: tuple[ClassGroup, ...]
    lessons: tuple[Planned, ...]  # in the order of their days

    @property
    def students(self) -> list[Student]:
        """All students of all classes."""
        return [student for group in self.classes for student in group.students]


def dice(*seeds: object) -> random.Random:
    """Give chance that is the same for the same seeds."""
    return random.Random("/".join(map(str, seeds)))  # noqa: S311 - a simulation, no secret


def make_district(seed: int, students_of_a_class: int = STUDENTS_OF_A_CLASS) -> District:
    """Make the district: its people first, then their lessons."""
    items = _items(seed)
    names = _names(seed)
    classes = tuple(
        _class_group(seed, code, school, number, students_of_a_class, names)
        for code, school in SCHOOLS
        for number in range(1, CLASSES_OF_A_SCHOOL + 1)
    )
    lessons = [planned for group in classes for planned in _lessons(group, items)]
    return District(classes, tuple(sorted(lessons, key=lambda planned: planned.day)))


def knowledge_points(subject: str) -> list[KnowledgePoint]:
    """Give the knowledge points of a subject in the order they are taught."""
    return [KnowledgePoint(f"{subject}/{code}", zh, en) for code, zh, en in CURRICULUM[subject][2]]


def _class_group(
    seed: int, code: str, school: str, number: int, size: int, names: Iterator[str]
) -> ClassGroup:
    class_code = f"{code}-5-{number}"
    students = tuple(
        _student(seed, Person(f"{class_code}-{place:02}", next(names)), code, class_code)
        for place in range(1, size + 1)
    )
    teachers = {
        subject: Person(f"{class_code}-{subject}-teacher", f"{next(names)}老师")
        for subject in CURRICULUM
    }
    return ClassGroup(class_code, f"{school}五年级{number}班", code, students, teachers)


def _student(seed: int, person: Person, school: str, class_group: str) -> Student:
    chance = dice(seed, person.account)
    general = chance.gauss(0.4, 0.8)
    ability = {
        point.iri: general + chance.gauss(0, 0.8)
        for subject in CURRICULUM
        for point in knowledge_points(subject)
    }
    return Student(person, school, class_group, chance.betavariate(4, 1.5), ability)


def _names(seed: int) -> Iterator[str]:
    """Give people's names, none twice."""
    names = [surname + given for surname in _SURNAMES for given in _GIVEN_NAMES]
    dice(seed, "names").shuffle(names)
    return iter(names)


def _items(seed: int) -> dict[KnowledgePoint, tuple[Item, ...]]:
    """Make the questions of each knowledge point; every fourth asks for the one before too."""
    items: dict[KnowledgePoint, tuple[Item, ...]] = {}
    for subject in CURRICULUM:
        before: KnowledgePoint | None = None
        for point in knowledge_points(subject):
            items[point] = tuple(
                _item(seed, number, point, before if number % 4 == 0 else None)
                for number in range(1, ITEMS_OF_A_KNOWLEDGE_POINT + 1)
            )
            before = point
    return items


def _item(seed: int, number: int, point: KnowledgePoint, also: KnowledgePoint | None) -> Item:
    chance = dice(seed, point.code, number)
    return Item(
        code=f"{point.code}/{number}",
        zh=f"{point.zh} 第{number}题",
        en=f"{point.en}, item {number}",
        knowledge_points=(point, also) if also else (point,),
        difficulty=chance.uniform(-1.2, 1.2),
        right_choice=chance.choice("ABCD"),
    )


def _lessons(group: ClassGroup, items: dict[KnowledgePoint, tuple[Item, ...]]) -> Iterator[Planned]:
    for subject, (course_zh, course_en, _) in CURRICULUM.items():
        for school_day, point in zip(SCHOOL_DAYS[subject], knowledge_points(subject), strict=True):
            lesson = Lesson(
                code=f"{group.code}/{point.code}",
                zh=f"{point.zh}（{group.name}）",
                en=f"{point.en} ({group.code})",
                subject=subject,
                course=(f"{subject}-5", course_zh, course_en),
                knowledge_point=point,
                teacher=group.teachers[subject],
                class_group=group.code,
                school=group.school,
            )
            weekend = 2 * (school_day // 5)
            day = FIRST_DAY + timedelta(days=school_day + weekend)
            yield Planned(lesson, group, day, items[point])
