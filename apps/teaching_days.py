"""The days of the demo district: in each session, an app tells what its people did.

Sessions begin at fixed hours, so that nobody does two things at once and what is posted comes in
the order of its times, as it does where apps are online.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta, timezone
from random import Random
from uuid import UUID, uuid5

from apps import (
    badges,
    classroom_clicker,
    cloud_school,
    football,
    homework,
    lesson_assistant,
    preview_video,
)
from apps.catalogue import (
    BADGES,
    CLASSROOM_CLICKER,
    CLOUD_SCHOOL,
    FOOTBALL,
    HOMEWORK,
    LESSON_ASSISTANT,
    PREVIEW_VIDEO,
    Catalogue,
)
from apps.curriculum import ACADEMIC, dice
from apps.district import District, Planned, Student
from apps.teaching import Act, Item, KnowledgePoint, Phase
from apps.truth import Truth

BEIJING = timezone(timedelta(hours=8))
PERIOD = timedelta(minutes=45)
FIRST_PERIOD = time(8, 0)
# When each subject's parts begin, one after the other.
PREVIEWS = dict(zip(ACADEMIC, (time(19, 20), time(20, 10), time(21, 0)), strict=True))
HOMEWORKS = dict(zip(ACADEMIC, (time(15, 50), time(16, 50), time(17, 50)), strict=True))
LATE_HOMEWORKS = dict(zip(ACADEMIC, (time(5, 30), time(6, 20), time(7, 10)), strict=True))
RETRIES = dict(zip(ACADEMIC, (time(18, 45), time(18, 57), time(19, 9)), strict=True))
DUE = time(21, 45)
MARKING, MARKING_OF_A_CLASS = time(14, 50), timedelta(minutes=2)
PREPARING, PREPARING_A_LESSON = time(18, 20), timedelta(minutes=2)
TRAINING, TRAINING_OF_A_CLASS = time(15, 29), timedelta(minutes=6)
RATING_AT_HOME = time(22, 0)
MOOC = time(9, 0)  # of Saturdays
MOST_RETRIES = 3
FEW_RIGHT = 0.4  # who had at most this share of a homework right is tutored

_NAMESPACE = UUID("5f0b4d37-9f0e-5c62-8a43-1f7a3f1d7b90")
_SECOND = timedelta(seconds=1)

Play = Callable[["Session", Random, Truth], Iterator[Act]]


@dataclass(frozen=True, slots=True)
class Session:
    """One app's part of one lesson: when it begins, and what it tells."""

    app: str
    begins: datetime
    planned: Planned
    play: Play

    @property
    def name(self) -> str:
        """A name that no other session has."""
        lesson = self.planned.lesson
        return f"{self.play.__name__}/{lesson.code}/{lesson.class_group}"

    @property
    def round(self) -> tuple[datetime, str]:
        """The minute it begins in and its app: sessions of one round are posted together."""
        return self.begins.replace(second=0), self.app

    @property
    def students(self) -> list[Student]:
        """The students of the class on the lesson's day."""
        return self.planned.class_group.students_on(self.planned.day)


def sessions_of(district: District) -> list[Session]:
    """Give everything that the apps tell, in the order it begins."""
    catalogue = Catalogue(district)
    sessions = [
        Session(catalogue.app_of(kind, planned.lesson.school), begins, planned, play)
        for planned in district.lessons
        for kind, begins, play in _parts_of_a_lesson(planned)
    ]
    for planned in district.trainings:
        for begins, play in (
            (_at(planned.day, TRAINING) + planned.period * TRAINING_OF_A_CLASS, _training),
            (_at(planned.day, RATING_AT_HOME), _rating_at_home),
        ):
            sessions.append(Session(FOOTBALL, begins, planned, play))
    return sorted(sessions, key=lambda session: (*session.round, session.begins))


def acts_of(session: Session, seed: int, truth: Truth) -> Iterator[tuple[UUID, Act]]:
    """Play one session; its acts come in the order of their times, with ids of their own."""
    name = f"{seed}/{session.name}"
    acts = sorted(session.play(session, dice(name), truth), key=lambda act: act.when)
    for number, act in enumerate(acts):
        yield uuid5(_NAMESPACE, f"{name}/{number}"), act


def _parts_of_a_lesson(planned: Planned) -> Iterator[tuple[str, datetime, Play]]:
    subject, day = planned.lesson.subject, planned.day
    before, after = day - timedelta(days=1), day + timedelta(days=1)
    next_school_day = after if after.weekday() < 5 else after + timedelta(days=7 - after.weekday())
    lesson = _at(day, FIRST_PERIOD) + planned.period * PERIOD
    yield PREVIEW_VIDEO, _at(before, PREVIEWS[subject]), _preview
    yield CLASSROOM_CLICKER, lesson, _lesson
    if planned.host is None:
        preparing = planned.period * PREPARING_A_LESSON
        yield LESSON_ASSISTANT, _at(before, PREPARING) + preparing, _preparation
        yield LESSON_ASSISTANT, lesson + timedelta(minutes=40), _teaching
    else:
        yield CLOUD_SCHOOL, lesson + timedelta(minutes=40), _remote_lesson
    is_guest = planned.host is not None
    yield BADGES, lesson + timedelta(minutes=42 + is_guest), _badges
    # A teacher sets the homework of one class after the other's, and of guests last.
    turn = 2 * planned.period + is_guest
    yield HOMEWORK, _at(day, HOMEWORKS[subject]) + turn * _SECOND, _homework
    yield HOMEWORK, _at(after, LATE_HOMEWORKS[subject]), _late_homework
    yield HOMEWORK, _at(next_school_day, MARKING) + turn * MARKING_OF_A_CLASS, _marking
    yield HOMEWORK, _at(next_school_day, RETRIES[subject]), _mistake_book
    if day.weekday() == 4:
        yield CLOUD_SCHOOL, _at(after, MOOC) + 4 * ACADEMIC.index(subject) * PERIOD, _mooc


def _preview(session: Session, chance: Random, truth: Truth) -> Iterator[Act]:
    """Students who are diligent watch the video, mostly to its end, and check themselves."""
    lesson = session.planned.lesson
    for student in session.students:
        if chance.random() > 0.3 + 0.7 * student.diligence:
            continue
        moment = session.begins + timedelta(seconds=chance.randrange(1_800))
        share = min(1.0, chance.uniform(0.2, 0.8) + 0.6 * student.diligence)
        seconds = round(share * preview_video.VIDEO_LENGTH, 1)
        video = uuid5(_NAMESPACE, f"{lesson.code}/{student.person.account}")
        moment += timedelta(seconds=seconds)
        yield preview_video.watched(student.person, lesson, seconds, video, moment)
        if share < 0.9:
            continue
        for item in _check_items(session):
            choice, taken = _answer(student, session, "pre", item, moment, chance, truth)
            moment += taken
            yield preview_video.checked(student.person, lesson, item, choice, taken, moment)
        moment += _SECOND
        yield preview_video.previewed(student.person, lesson, moment)


def _lesson(session: Session, chance: Random, truth: Truth) -> Iterator[Act]:
    """The teacher asks questions; everybody answers, some raise a hand, then groups work."""
    planned = session.planned
    lesson, teacher = planned.lesson, planned.teacher
    questions = _clicker_items(session)
    apart = timedelta(minutes=24) / len(questions)
    for number, item in enumerate(questions):
        opened = session.begins + timedelta(minutes=1) + apart * number
        if planned.host is None and chance.random() < 0.3 + 0.7 * teacher.interacts:
            truth.teacher_acts[teacher.person.key, "interaction_organised"] += 1
            yield classroom_clicker.organised(lesson, opened)
        for student in session.students:
            asked = opened + _SECOND
            if chance.random() > 0.7 + 0.3 * student.diligence:
                continue
            choice, taken = _answer(student, session, "in", item, asked, chance, truth)
            moment = asked + taken
            truth.lesson_acts[lesson.iri, "answer"] += 1
            yield classroom_clicker.answered(student.person, lesson, item, choice, taken, moment)
            if chance.random() < 0.3 * student.diligence:
                moment += timedelta(seconds=chance.uniform(5, 100))
                truth.lesson_acts[lesson.iri, "hand_raised"] += 1
                yield classroom_clicker.raised_hand(student.person, lesson, moment)
    yield from _ends_of_a_lesson(session, chance, truth)


def _ends_of_a_lesson(session: Session, chance: Random, truth: Truth) -> Iterator[Act]:
    """Groups of five have worked together; students say how they felt, and eyes were counted."""
    lesson, students = session.planned.lesson, session.students
    together = session.begins + timedelta(minutes=37)
    for first in range(0, len(students), 5):
        members = [student.person for student in students[first : first + 5]]
        truth.lesson_acts[lesson.iri, "group_work"] += len(members)
        moment = together + timedelta(seconds=first)
        yield classroom_clicker.worked_together(members, lesson, moment)
    for student in students:
        moment = session.begins + timedelta(minutes=38.5, seconds=chance.uniform(0, 50))
        understanding = _understanding(student, session, chance)
        truth.lesson_acts[lesson.iri, "poll"] += 1
        yield classroom_clicker.polled(student.person, lesson, understanding, moment)
        share = min(1.0, max(0.0, chance.gauss(0.5 + 0.45 * student.diligence, 0.1)))
        moment += timedelta(seconds=chance.uniform(1, 5))
        truth.lesson_acts[lesson.iri, "attention"] += 1
        yield classroom_clicker.paid_attention(student.person, lesson, share, moment)


def _preparation(session: Session, chance: Random, truth: Truth) -> Iterator[Act]:
    """The teacher looks for resources, takes one, makes others, shares one, and pushes one."""
    lesson, teacher = session.planned.lesson, session.planned.teacher
    acts: list[tuple[str, float, Callable[[datetime], Act]]] = [
        (
            "resource_searched",
            teacher.prepares,
            lambda when: lesson_assistant.searched(lesson, lesson.knowledge_point.zh, when),
        ),
        (
            "resource_adopted",
            teacher.prepares,
            lambda when: lesson_assistant.adopted(lesson, when),
        ),
        (
            "resource_recreated",
            teacher.prepares * 0.6,
            lambda when: lesson_assistant.recreated(lesson, when),
        ),
        (
            "resource_created",
            teacher.prepares * 0.3,
            lambda when: lesson_assistant.created(lesson, when),
        ),
        ("resource_shared", teacher.shares, lambda when: lesson_assistant.shared(lesson, when)),
        ("resource_pushed", teacher.pushes, lambda when: lesson_assistant.pushed(lesson, when)),
    ]
    for number, (action, likely, tell) in enumerate(acts):
        if chance.random() < likely:
            truth.teacher_acts[teacher.person.key, action] += 1
            yield tell(session.begins + number * timedelta(seconds=18))


def _teaching(session: Session, chance: Random, truth: Truth) -> Iterator[Act]:
    """At the lesson's end the assistant tells what was used and changed, and who was told what."""
    lesson, teacher = session.planned.lesson, session.planned.teacher
    key, moment = teacher.person.key, session.begins
    if chance.random() < teacher.prepares:
        truth.teacher_acts[key, "resource_used"] += 1
        length = timedelta(minutes=chance.randrange(3, 12))
        yield lesson_assistant.used(lesson, length, moment)
    if chance.random() < 0.5 * teacher.adjusts:
        truth.teacher_acts[key, "strategy_changed"] += 1
        strategy = chance.choice(list(lesson_assistant.STRATEGIES))
        yield lesson_assistant.adjusted(lesson, strategy, moment + 5 * _SECOND)
    for number, student in enumerate(chance.sample(session.students, 2)):
        if chance.random() < teacher.feeds_back:
            truth.teacher_acts[key, "feedback_given"] += 1
            said = moment + (10 + 5 * number) * _SECOND
            words = "思路清楚，注意检查。"
            yield lesson_assistant.gave_feedback(student.person, lesson, words, said)


def _remote_lesson(session: Session, chance: Random, truth: Truth) -> Iterator[Act]:
    """Who sat before the screen was in the other class's lesson; a few lost the connection."""
    lesson = session.planned.lesson
    for number, student in enumerate(session.students):
        if chance.random() < 0.97:
            truth.lesson_acts[lesson.iri, "session_joined"] += 1
            moment = session.begins + number * _SECOND
            yield cloud_school.joined(student.person, lesson, moment)


def _badges(session: Session, chance: Random, truth: Truth) -> Iterator[Act]:
    """After a lesson, one or two students, the diligent ones more often, are given a badge."""
    lesson, teacher = session.planned.lesson, session.planned.teacher
    students = session.students
    chosen = chance.choices(students, [student.diligence for student in students], k=2)
    for number, student in enumerate(dict.fromkeys(chosen)):
        if chance.random() < 0.6:
            badge = chance.choice(list(badges.BADGES))
            truth.badges[student.key] += 1
            truth.badges_given[student.key, badge] += 1
            truth.teacher_acts[teacher.person.key, "badge_given"] += 1
            moment = session.begins + 5 * number * _SECOND
            yield badges.earned(student.person, lesson, badge, moment)


def _homework(session: Session, chance: Random, truth: Truth) -> Iterator[Act]:
    """The teacher sets the homework; who is punctual does it the same day."""
    planned = session.planned
    items = _homework_items(session)
    due = _at(planned.day, DUE)
    layer = homework.layer_of(sum(item.difficulty for item in items) / len(items))
    truth.teacher_acts[planned.teacher.person.key, "homework_set"] += 1
    yield homework.assigned(planned.lesson, layer, due, session.begins)
    for student in session.students:
        truth.homework_set(student, planned, due)
        if _handing_in(session, student) == "on time":
            begins = session.begins + timedelta(seconds=60 + chance.randrange(1_200))
            yield from _done_homework(session, student, begins, due, chance, truth)


def _late_homework(session: Session, chance: Random, truth: Truth) -> Iterator[Act]:
    """Who is not punctual does it early the next morning."""
    due = _at(session.planned.day, DUE)
    for student in session.students:
        if _handing_in(session, student) == "late":
            begins = session.begins + timedelta(seconds=chance.randrange(600))
            yield from _done_homework(session, student, begins, due, chance, truth)


def _handing_in(session: Session, student: Student) -> str:
    """Decide whether a student hands a homework in, "on time", "late" or "never"."""
    lesson = session.planned.lesson
    chance = dice("homework", lesson.code, lesson.class_group, student.person.account)
    if chance.random() > 0.4 + 0.6 * student.diligence:
        return "never"
    return "on time" if chance.random() < student.punctuality else "late"


def _done_homework(
    session: Session,
    student: Student,
    moment: datetime,
    due: datetime,
    chance: Random,
    truth: Truth,
) -> Iterator[Act]:
    lesson, items, wrong = session.planned.lesson, _homework_items(session), []
    for item in items:
        choice, taken = _answer(student, session, "post", item, moment, chance, truth)
        moment += taken
        yield homework.answered(student.person, lesson, item, choice, taken, moment)
        if choice != item.right_choice:
            wrong.append(item)
    moment += 5 * _SECOND
    right = len(items) - len(wrong)
    truth.homework_done(student, session.planned, moment, right / len(items), wrong)
    yield homework.completed(student.person, lesson, right, len(items), due, moment)
    for item in wrong:
        moment += timedelta(seconds=chance.uniform(20, 90))
        if chance.random() < student.diligence:
            truth.corrected[student.key] += 1
            yield homework.corrected(student.person, lesson, item, moment)


def _marking(session: Session, _: Random, truth: Truth) -> Iterator[Act]:
    """The next school day the teacher marks the homework, and tutors who had little right."""
    planned = session.planned
    teacher, moment = planned.teacher.person, session.begins
    iri = homework.homework_iri(planned.lesson)
    for student in session.students:
        handed_in = truth.homework[student.key, iri]
        if handed_in.done is None:
            continue
        moment += 1.5 * _SECOND
        marks = round(100 * handed_in.share_right)
        truth.teacher_acts[teacher.key, "homework_marked"] += 1
        yield homework.marked(student.person, planned.lesson, marks, moment)
        if handed_in.share_right <= FEW_RIGHT:
            moment += 0.5 * _SECOND
            truth.teacher_acts[teacher.key, "tutoring_given"] += 1
            point, length = planned.lesson.knowledge_point, timedelta(minutes=5)
            yield homework.tutored(student.person, planned.lesson, point, length, moment)


def _mistake_book(session: Session, chance: Random, truth: Truth) -> Iterator[Act]:
    """The next school day diligent students try again what they got wrong."""
    lesson = session.planned.lesson
    for student in session.students:
        if chance.random() > student.diligence:
            continue
        moment = session.begins + timedelta(seconds=chance.randrange(60))
        for item in truth.wrong_at_home(student, session.planned)[:MOST_RETRIES]:
            choice, taken = _answer(student, session, "post", item, moment, chance, truth)
            moment += taken
            yield homework.answered(student.person, lesson, item, choice, taken, moment)


def _mooc(session: Session, chance: Random, truth: Truth) -> Iterator[Act]:
    """On Saturdays diligent students watch a lecture, as long as they care, and take its test."""
    lesson, point = session.planned.lesson, session.planned.lesson.knowledge_point
    for student in session.students:
        if chance.random() > 0.5 * student.diligence:
            continue
        seconds = round(min(1.0, chance.expovariate(1.5) + 0.1) * cloud_school.LECTURE_LENGTH, 1)
        moment = session.begins + timedelta(seconds=seconds + 30 + chance.randrange(3_600))
        lecture = uuid5(_NAMESPACE, f"lecture/{lesson.code}/{student.person.account}")
        yield from cloud_school.watched(student.person, lesson, seconds, lecture, moment)
        if seconds == cloud_school.LECTURE_LENGTH:
            able = student.ability_at(point.iri, session.planned.share)
            right = min(1.0, max(0.0, chance.gauss(0.7 + 0.1 * able, 0.15)))
            unit = uuid5(_NAMESPACE, f"unit/{lesson.code}/{student.person.account}")
            moment += timedelta(minutes=1)
            yield from cloud_school.studied(student.person, point, right, unit, moment)


def _training(session: Session, chance: Random, truth: Truth) -> Iterator[Act]:
    """Training, the two tests, and what teacher, peers and oneself say of playing together."""
    planned = session.planned
    training, coach, students = planned.lesson, planned.teacher.person, session.students
    present = [student for student in students if chance.random() < 0.6 + 0.4 * student.diligence]
    for number, student in enumerate(present):
        moment = session.begins + number * timedelta(seconds=8)
        yield football.trained(student.person, training, moment)
        for place, (indicator, level) in enumerate(
            (("fitness", student.fitness), ("skill", student.skill)), start=1
        ):
            points = round(100 * _noisy(level, chance))
            yield football.tested(
                student.person, training, indicator, points, moment + place * _SECOND
            )
        peer = present[(number + 1) % len(present)]
        raters = [("teacher", coach, "teamwork"), ("teacher", coach, "fair-play")]
        raters += [("self", student.person, "teamwork")]
        raters += [("peer", peer.person, "teamwork")] if peer is not student else []
        for place, (as_what, rater, indicator) in enumerate(raters, start=3):
            level = student.teamwork if indicator == "teamwork" else student.fair_play
            stars = _stars(student, indicator, as_what, level, chance, truth)
            when = moment + place * _SECOND
            yield football.rated(rater, as_what, student.person, training, indicator, stars, when)
    truth.lesson_acts[training.iri, "attendance"] += len(present)


def _rating_at_home(session: Session, chance: Random, truth: Truth) -> Iterator[Act]:
    """In the evening some parents say how fair the child plays."""
    for number, student in enumerate(session.students):
        if chance.random() < 0.4:
            stars = _stars(student, "fair-play", "parent", student.fair_play, chance, truth)
            yield football.rated(
                student.parent,
                "parent",
                student.person,
                session.planned.lesson,
                "fair-play",
                stars,
                session.begins + number * _SECOND,
            )


def _stars(
    student: Student, indicator: str, as_what: str, level: float, chance: Random, truth: Truth
) -> int:
    stars = 1 + round(4 * _noisy(level, chance))
    truth.ratings[student.key, indicator, as_what].append((stars - 1) / 4)
    return stars


def _noisy(level: float, chance: Random) -> float:
    return min(1.0, max(0.0, chance.gauss(level, 0.1)))


def _check_items(session: Session) -> tuple[Item, ...]:
    return session.planned.items[: len(session.planned.items) // 6]


def _clicker_items(session: Session) -> tuple[Item, ...]:
    items = session.planned.items
    return items[len(items) // 6 : len(items) // 2]


def _homework_items(session: Session) -> tuple[Item, ...]:
    return session.planned.items[len(session.planned.items) // 2 :]


def _answer(
    student: Student,
    session: Session,
    phase: Phase,
    item: Item,
    asked: datetime,
    chance: Random,
    truth: Truth,
) -> tuple[str, timedelta]:
    """Let a student answer by true ability, and note the outcome; gives choice and time taken."""
    is_right = chance.random() < student.probability(item, session.planned.share)
    others = [choice for choice in "ABCD" if choice != item.right_choice]
    choice = item.right_choice if is_right else chance.choice(others)
    taken = timedelta(seconds=round(min(120.0, chance.lognormvariate(3.2, 0.5)), 1))
    truth.answered(student, session.planned, phase, item, choice, asked + taken)
    return choice, taken


def _understanding(student: Student, session: Session, chance: Random) -> str:
    """Students feel roughly what they know."""
    point: KnowledgePoint = session.planned.lesson.knowledge_point
    felt = student.ability_at(point.iri, session.planned.share) + chance.gauss(0, 0.8)
    return "clear" if felt > 0.5 else "partly" if felt > -0.6 else "unclear"


def _at(day: date, hour: time) -> datetime:
    return datetime.combine(day, hour, BEIJING)
