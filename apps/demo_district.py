"""The demo district, posted by its apps over HTTP, and the truth behind what they post."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from itertools import groupby
from uuid import UUID

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

from apps.catalogue import KINDS, Catalogue
from apps.client import Posting, TincanPosting
from apps.district import SCALES, Scale, make_district
from apps.teaching import Act
from apps.teaching_days import Session, acts_of, sessions_of
from apps.truth import Truth

# The common apps, which a district has at any scale, by the names of their credentials.
APPS = KINDS
SMALL = SCALES["small"]

Round = tuple[str, list[Session]]


def run_demo_district(
    endpoint: str,
    credentials: Mapping[str, tuple[str, str]],
    *,
    seed: int = 1,
    scale: Scale = SMALL,
    students_of_a_class: int | None = None,
    progress: bool = True,
    console: Console | None = None,
) -> Truth:
    """Post a demo district with tincan, in the order things happened.

    ``endpoint`` is the xAPI root; ``credentials`` has key and secret of each app. An app's first
    round goes statement by statement, the rest in batches of 50. Running it again with the same
    seed changes nothing. Raises ``apps.client.RefusedError`` when the record refuses, ``OSError``
    when it is out of reach, and ``KeyError`` for a missing credential.
    """
    if students_of_a_class is not None:
        scale = replace(scale, students=students_of_a_class * scale.classes)
    truth = Truth(make_district(seed, scale))
    posting = TincanPosting(endpoint, credentials)
    post_district(posting, truth, progress=progress, console=console)
    return truth


def post_district(
    posting: Posting,
    truth: Truth,
    *,
    statements: int | None = None,
    progress: bool = True,
    console: Console | None = None,
) -> None:
    """Play the district of ``truth`` and post what its apps tell.

    It ends after the round in which ``statements`` is reached, if that is given; the bar counts
    sessions, or statements then.
    """
    sessions = sessions_of(truth.district)
    titles = {app.name: app.title for app in Catalogue(truth.district).apps.values()}
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
        total = len(sessions) if statements is None else statements
        task = bar.add_task("示范区 Demo district", total=total, statements=0)
        for app, played in rounds(sessions):
            bar.update(task, description=titles[app])
            posted = posting.post(app, acts_of_round(played, truth))
            truth.statements[app] += posted
            done = truth.statements.total()
            bar.update(task, advance=len(played) if statements is None else posted, statements=done)
            if statements is not None and done >= statements:
                break


def rounds(sessions: Iterable[Session]) -> Iterator[Round]:
    """Put together what an app tells of several classes in the same minutes."""
    for (_, app), played in groupby(sessions, key=lambda session: session.round):
        yield app, list(played)


def acts_of_round(played: Iterable[Session], truth: Truth) -> Iterator[tuple[UUID, Act]]:
    """Play the sessions of a round, each class's after the other's."""
    for session in played:
        yield from acts_of(session, truth.district.seed, truth)
