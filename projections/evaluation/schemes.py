"""Evaluation schemes (评价方案): what is judged, by which measures, with which weights and levels.

A scheme is a YAML document; ``docs/evaluation.md`` describes the form. Here is what one is once it
has been read, checked, and put together with those that it extends.
"""

from typing import Final, Literal, get_args

import msgspec

from projections.facts import Phase

Kind = Literal["process", "outcome"]
Source = Literal["objective", "subjective"]
Over = Literal["facts", "ratings", "mastery", "mistakes", "documents"]
Figure = Literal["count", "days", "lessons", "share", "mean", "sum"]
Of = Literal["success", "on_time", "completion", "score", "rating", "progress", "duration", ""]
Rater = Literal["teacher", "peer", "self", "parent", "other"]
Each = Literal["day", "lesson", "item"]
By = Literal["criterion", "cohort-z", "percentile", "min-max"]

# Which figures there are over what, and of what each of them can be taken.
FIGURES: Final[dict[Over, dict[Figure, tuple[Of, ...]]]] = {
    "facts": {
        "count": ("",),
        "days": ("",),
        "lessons": ("",),
        "share": ("success", "on_time", "completion"),
        "mean": ("score", "progress", "duration"),
        "sum": ("duration",),
    },
    "ratings": {"count": ("",), "mean": ("rating",)},
    "mastery": {"count": ("",), "share": ("",), "mean": ("",)},
    "mistakes": {"count": ("",), "share": ("",)},
    "documents": {"count": ("",)},
}
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
SOURCES: Final[tuple[Source, ...]] = get_args(Source)
RATERS: Final[tuple[Rater, ...]] = get_args(Rater)
EACH: Final[tuple[Each, ...]] = get_args(Each)
DOCUMENT_KINDS: Final = ("state", "agent-profile")  # which have a person that they are about
NORMALISATIONS: Final[tuple[By, ...]] = get_args(By)
MASTERED: Final = 0.8  # the probability of a right answer from which a point counts as mastered


class Title(msgspec.Struct, frozen=True, kw_only=True):
    """What something is called, in Chinese and English."""

    zh: str
    en: str


class Level(msgspec.Struct, frozen=True, kw_only=True):
    """A level (等第) that scores of ``at_least`` this much (0..100) reach, and no higher one."""

    id: str
    title: Title
    at_least: float


class Where(msgspec.Struct, frozen=True, kw_only=True):
    """What a measure takes: that of which every condition holds; an empty one always does.

    Facts and ratings know all but the last three, facts no ``raters`` and ratings no ``actions``;
    mastery ``subjects`` and ``knowledge_points``; mistakes these, ``apps`` and ``layers``;
    documents ``apps``, ``kinds``, ``activities`` and ``ids``.
    """

    actions: tuple[str, ...] = ()  # of projections.vocabulary.ACTIONS
    subjects: tuple[str, ...] = ()  # codes of the teaching-cycle profile, or an app's own
    knowledge_points: tuple[str, ...] = ()  # activity ids, as all down to part_of
    lessons: tuple[str, ...] = ()
    courses: tuple[str, ...] = ()
    items: tuple[str, ...] = ()
    part_of: tuple[str, ...] = ()
    apps: tuple[str, ...] = ()  # names of credentials
    layers: tuple[str, ...] = ()
    raters: tuple[Rater, ...] = ()
    kinds: tuple[str, ...] = ()  # of DOCUMENT_KINDS
    activities: tuple[str, ...] = ()  # ids of activities that a document is about
    ids: tuple[str, ...] = ()  # of documents


class Bound(msgspec.Struct, frozen=True, kw_only=True):
    """What one day, lesson or item can bring: its first ``count`` facts in time, the rest nothing.

    Against gaming: one action that is repeated brings no more than the bound.
    """

    each: Each
    count: int


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """A figure of one person in a period; its evidence is what ``phase`` and ``where`` take.

    Of a phase, only the facts and ratings of that phase count; over the others it is empty.

    - over facts: ``count``, ``days`` (local days with any), ``lessons`` (different ones with any),
      ``share`` of success, on_time or completion (of the facts that know it, 0..1), ``mean`` of
      score (-1..1), progress (0..1) or duration (seconds), ``sum`` of duration (seconds).
    - over ratings: ``count``; ``mean`` of rating (0..1), raters made comparable.
    - over mastery, of the points tried, as of the period's end: ``mean`` of the probability of a
      right answer, ``share`` and ``count`` of the points at ``MASTERED`` or more.
    - over mistakes, of the items last answered wrong in the period: ``share`` and ``count`` of the
      ones since mastered.
    - over documents: ``count``.
    """

    over: Over
    figure: Figure
    of: Of = ""
    phase: Phase = ""
    where: Where = Where()
    at_most: Bound | None = None


class Normalisation(msgspec.Struct, frozen=True, kw_only=True):
    """How a figure becomes a score of 0..100.

    ``criterion``: straight from ``zero`` (the figure that scores 0) to ``full`` (100), and no
    further at either end; where less is better, ``full`` is the lower one. The others compare with
    the person's cohort, the higher the better: ``cohort-z`` by the normal curve, ``percentile`` by
    mid-ranks, ``min-max`` by the lowest and the highest.
    """

    by: By
    zero: float | None = None
    full: float | None = None


class Indicator(msgspec.Struct, frozen=True, kw_only=True):
    """An indicator (指标): one measure. The weights of a dimension's indicators sum to 100.

    With less evidence than ``minimum`` (facts, ratings, points, mistakes, documents) there is no
    score.
    """

    id: str
    title: Title
    kind: Kind
    source: Source
    measure: Measure
    normalisation: Normalisation
    weight: float
    minimum: int = 1
    description: Title | None = None


class Dimension(msgspec.Struct, frozen=True, kw_only=True):
    """A dimension (维度) and its indicators. The weights of a scheme's dimensions sum to 100."""

    id: str
    title: Title
    weight: float
    indicators: tuple[Indicator, ...]
    description: Title | None = None


class Scheme(msgspec.Struct, frozen=True, kw_only=True):
    """A whole scheme, put together with those that it extends; levels with the highest first.

    ``extends`` are the ids of the schemes that it was put together from, the nearest first;
    ``school`` is the id of the school whose own it is, '' for the district's.
    """

    id: str
    title: Title
    levels: tuple[Level, ...]
    dimensions: tuple[Dimension, ...]
    extends: tuple[str, ...] = ()
    school: str = ""
    description: Title | None = None


class OfAnotherSchool(LookupError):
    """A scheme is one school's own, and judges nobody else."""

    def __init__(self, scheme: Scheme) -> None:
        super().__init__(f"{scheme.id} is {scheme.school}'s own, and judges nobody else")


def demand_school(scheme: Scheme, school: str) -> None:
    """Raise ``OfAnotherSchool`` where a scheme isn't for a school: '' is that of nobody."""
    if scheme.school not in ("", school):
        raise OfAnotherSchool(scheme)
