"""Two weeks of a small district, posted by its apps over HTTP, and the truth behind them."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta, timezone
from random import Random
from uuid import UUID, uuid5

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from tincan import Statement

from apps import classroom_clicker, homework, preview_video
from apps.client import AppClient
from apps.district import (
    STUDENTS_OF_A_CLASS,
    District,
    Planned,
    Student,
    dice,
    make_district,
)
from apps.teaching import Item, KnowledgePoint

# The apps of the district, by the names of their credentials.
PREVIEW_VIDEO = "preview-video"
CLASSROOM_CLICKER = "classroom-clicker"
HOMEWORK = "homework"
APPS = {
    PREVIEW_VIDEO: "课前预习微课 Preview video",
    CLASSROOM_CLICKER: "课堂答题器 Classroom clicker",
    HOMEWORK: "课后作业 Homework",
}

BEIJING = timezone(timedelta(hours=8))
# When a subject's preview (the evening before), lesson and homework begin. A class has at most two
# subjects a day, one of them Chinese, so that no student does two things at once.
HOURS = {
    "mathematics": (time(19, 10), time(8, 30), time(16, 30)),
    "chinese": (time(20, 10), time(9, 30), time(17, 40)),
    "english": (time(19, 10), time(10, 30), time(16, 30)),
}

CHECK_ITEMS = range(0, 2)
CLICKER_ITEMS = range(2, 6)
HOMEWORK_ITEMS = range(6, 12)

_NAMESPACE = UUID("5f0b4d37-9f0e-5c62-8a43-1f7a3f1d7b90")

# One learner's or teacher's act: when, and the statement.
Act = tuple[datetime, Statement]


@dataclass(slots=True)
class Truth:
    """What really happened in the demo district, to compare portraits with."""

    district: District
    statements: Counter[str] = field(default_factory=Counter)  # app
    # Person key and knowledge point IRI.
    tries: Counter[tuple[str, str]] = field(default_factory=Counter)
    successes: Counter[tuple[str, str]] = field(default_factory=Counter)

    @property
    def students(self) -> list[Student]:
        """The students with their true abilities and diligence."""
        return self.district.students


@dataclass(frozen=True, slots=True)
class Session:
    """One app's part of one lesson: when it begins and what it posts."""

    app: str
    begins: datetime
    planned: Planned
    play: Callable[["Session", Random, Truth], Iterator[Act]]


def run_demo_district(
    endpoint: str,
    credentials: Mapping[str, tuple[str, str]],
    *,
    seed: int = 1,
    students_of_a_class: int = STUDENTS_OF_A_CLASS,
    progress: bool = True,
    console: Console | None = None,
) -> Truth:
    """Post two weeks of four classes in three subjects, in the order things happened.

    ``endpoint`` is the xAPI root; ``credentials`` has key and secret of each of ``APPS``. The
    first lesson of each app goes statement by statement, the rest in batches of 50. Running it
    again with the same seed changes nothing. Raises ``apps.client.RefusedError`` when the record
    refuses, ``OSError`` when it is out of reach, and ``KeyError`` for a missing credential.
    """
    clients = {app: AppClient(endpoint, *credentials[app]) for app in APPS}
    truth = Truth(make_district(seed, students_of_a_class))
    sessions = sessions_of(truth.district)
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[statements]:,} statements"),
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
        disable=not progress,
    )
    with bar:
        task = bar.add_task("示范区 Demo district", total=len(sessions), statements=0)
        for session in sessions:
            bar.update(task, description=APPS[session.app])
            client = clients[session.app]
            is_first = not truth.statements[session.app]
            post = client.post_one_by_one if is_first else client.post_in_batches
            truth.statements[session.app] += post(statements_of(session, seed, truth))
            bar.update(task, advance=1, statements=truth.statements.total())
    return truth


def sessions_of(district: District) -> list[Session]:
    """Give each lesson's preview, class and homework, all in the order they begin."""
    sessions = []
    for planned in district.lessons:
        evening, morning, afternoon = HOURS[planned.lesson.subject]
        before = planned.day - timedelta(days=1)
        for app, begins, play in (
            (PREVIEW_VIDEO, datetime.combine(before, evening, BEIJING), _preview),
            (CLASSROOM_CLICKER, datetime.combine(planned.day, morning, BEIJING), _lesson),
            (HOMEWORK, datetime.combine(planned.day, afternoon, BEIJING), _homework),
        ):
            sessions.append(Session(app, begins, planned, play))
    return sorted(sessions, key=lambda session: session.begins)


def statements_of(session: Session, seed: int, truth: Truth) -> Iterator[Statement]:
    """Play one session; its statements come in the order of their times, with ids of their own."""
    name = f"{seed}/{session.app}/{session.planned.lesson.code}"
    acts = sorted(session.play(session, dice(name), truth), key=lambda act: act[0])
    for number, (_, statement) in enumerate(acts):
        statement.id = uuid5(_NAMESPACE, f"{name}/{number}")
        yield statement


def _preview(session: Session, chance: Random, truth: Truth) -> Iterator[Act]:
    """Students who are diligent watch the video, mostly to its end, and check themselves."""
    lesson = session.planned.lesson
    for student in session.planned.class_group.students:
        if chance.random() > 0.3 + 0.7 * student.diligence:
            continue
        moment = session.begins + timedelta(seconds=chance.randrange(2_400))
        share = min(1.0, chance.uniform(0.2, 0.8) + 0.6 * student.diligence)
        seconds = round(share * preview_video.VIDEO_LENGTH, 1)
        video = uuid5(_NAMESPACE, f"{lesson.code}/{student.person.account}")
        moment += timedelta(seconds=seconds)
        yield moment, preview_video.watched(student.person, lesson, seconds, video, moment)
        if share < 0.9:
            continue
        for item in _items(session, CHECK_ITEMS):
            choice, taken = _answer(student, item, chance, truth)
            moment += taken
            yield (
                moment,
                preview_video.checked(student.person, lesson, item, choice, taken, moment),
            )
        moment += timedelta(seconds=1)
        yield moment, preview_video.previewed(student.person, lesson, moment)


def _lesson(session: Session, chance: Random, truth: Truth) -> Iterator[Act]:
    """The teacher asks questions ten minutes apart; everybody answers, some raise a hand."""
    lesson = session.planned.lesson
    yield session.begins, classroom_clicker.organised(lesson, session.begins)
    for number, item in enumerate(_items(session, CLICKER_ITEMS)):
        asked = session.begins + timedelta(minutes=2 + 10 * number)
        for student in session.planned.class_group.students:
            choice, taken = _answer(student, item, chance, truth)
            moment = asked + taken
            yield (
                moment,
                classroom_clicker.answered(student.person, lesson, item, choice, taken, moment),
            )
            if chance.random() < 0.3 * student.diligence:
                moment += timedelta(seconds=chance.uniform(5, 200))
                yield moment, classroom_clicker.raised_hand(student.person, lesson, moment)
    ends = session.begins + timedelta(minutes=38)
    for student in session.planned.class_group.students:
        moment = ends + timedelta(seconds=chance.uniform(0, 60))
        understanding = _understanding(student, lesson.knowledge_point, chance)
        yield moment, classroom_clicker.polled(student.person, lesson, understanding, moment)


def _homework(session: Session, chance: Random, truth: Truth) -> Iterator[Act]:
    """Diligent students do all of the homework and correct what was wrong."""
    lesson = session.planned.lesson
    yield session.begins, homework.assigned(lesson, session.begins)
    for student in session.planned.class_group.students:
        if chance.random() > 0.4 + 0.6 * student.diligence:
            continue
        moment = session.begins + timedelta(seconds=300 + chance.randrange(1_800))
        wrong = []
        for item in (items := _items(session, HOMEWORK_ITEMS)):
            choice, taken = _answer(student, item, chance, truth)
            moment += taken
            yield moment, homework.answered(student.person, lesson, item, choice, taken, moment)
            if choice != item.right_choice:
                wrong.append(item)
        moment += timedelta(seconds=5)
        right = len(items) - len(wrong)
        yield moment, homework.completed(student.person, lesson, right, len(items), moment)
        for item in wrong:
            moment += timedelta(seconds=chance.uniform(20, 90))
            if chance.random() < student.diligence:
                yield moment, homework.corrected(student.person, lesson, item, moment)


def _items(session: Session, places: range) -> tuple[Item, ...]:
    return session.planned.items[places.start : places.stop]


def _answer(student: Student, item: Item, chance: Random, truth: Truth) -> tuple[str, timedelta]:
    """Let a student answer by true ability, and keep the outcome; gives choice and time taken."""
    is_right = chance.random() < student.probability(item)
    for point in item.knowledge_points:
        truth.tries[student.key, point.iri] += 1
        truth.successes[student.key, point.iri] += is_right
    others = [choice for choice in "ABCD" if choice != item.right_choice]
    choice = item.right_choice if is_right else chance.choice(others)
    return choice, timedelta(seconds=round(chance.lognormvariate(3.2, 0.5), 1))


def _understanding(student: Student, point: KnowledgePoint, chance: Random) -> str:
    """Students feel roughly what they know."""
    felt = student.ability[point.iri] + chance.gauss(0, 0.8)
    return "clear" if felt > 0.5 else "partly" if felt > -0.6 else "unclear"
