"""Trajectories: where students stand in each subject, where they are heading, and how sure that is.

Levels come from rows that the fold wrote; what is foretold from them is worked out here, under the
same calibration. A result means a day's marks or right answers (``levels``). Nothing is said of
fewer than ``ENOUGH`` results, and nothing foretold under mere priors, whose bands were never
measured.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, timedelta
from functools import lru_cache
from statistics import NormalDist
from typing import Any, Final, NamedTuple
from urllib.parse import quote_plus, urlencode

import numpy as np

from projections.activity import EPOCH
from projections.prediction.calibration import Calibration
from projections.prediction.growth import Curve, Floats, Growth, LevelState, Outlook, position_key
from projections.prediction.levels import ANSWER, MARKED, week_of_school_year
from projections.remembering import Remembered
from projections.shares import share
from projections.warehouse import Generation

ENOUGH: Final = 3  # results in a subject
WEEKS_AHEAD: Final = 8
FRESH_WEEKS: Final = 12  # since the last result: of an older level nothing is foretold
PASS: Final = 60.0  # points: the mark of passing in Chinese schools
HISTORY_WEEKS: Final = 8  # that growth is compared over
FEWEST_PEERS: Final = 30
_NORMAL: Final = NormalDist()
# A measured width over that of a normal distribution says how much wider the truth is.
_NORMAL80: Final = _NORMAL.inv_cdf(0.9)

Json = dict[str, Any]


@lru_cache(maxsize=4096)
def _day(iso: str) -> int:
    """Give a day in days since 1970-01-01: many have their last result on the same one."""
    return date.fromisoformat(iso).toordinal() - EPOCH


class Week(NamedTuple):
    """A row of the query ``level_weeks``."""

    subject: str
    week: str
    level: float
    variance: float
    freedom: float
    squares: float
    scores: int
    last_day: str
    observations: int
    points: float

    @property
    def known(self) -> LevelState:
        """The level at the week's end."""
        day = _day(self.last_day)
        return LevelState(self.level, self.variance, self.freedom, self.squares, self.scores, day)


_MOST_PEERS: Final = 12  # subjects, each on a day, of which all of a store's students are held
_MOST_WARNED: Final = 8  # days of which a store's warnings are held: a district's take some 20 MB


class Peer(NamedTuple):
    """A row of the query ``levels_on``: a student's subject on a day, and before."""

    person: str
    class_group: str
    school: str
    subject: str
    level: float
    variance: float
    freedom: float
    squares: float
    scores: int
    last_day: str
    level_before: float
    variance_before: float
    squares_before: float
    freedom_before: float
    scores_before: int

    @property
    def known(self) -> LevelState:
        """The level on the day."""
        day = _day(self.last_day)
        return LevelState(self.level, self.variance, self.freedom, self.squares, self.scores, day)


class Forecaster:
    """Turns levels into points 0..100 and says what to expect, under one calibration."""

    def __init__(self, calibration: Calibration) -> None:
        self.calibration = calibration.growth
        self.version = calibration.version
        self._growth = Growth(calibration.growth)
        self._kinds: dict[str, str] = {}
        self._stretch = calibration.growth.width80 / _NORMAL80

    @property
    def is_fitted(self) -> bool:
        """Whether the bands were measured."""
        return self.calibration.is_fitted

    def kind(self, subject: str) -> str:
        """Give the kind of result that a subject's points are shown in: what most results are."""
        found = self._kinds.get(subject)
        if found is None:
            curves = self.calibration.curves
            counted = [
                (curves[key].count, kind)
                for kind in sorted({*MARKED, ANSWER})
                if (key := position_key(subject, kind)) in curves
            ]
            found = self._kinds[subject] = max(counted)[1] if counted else ANSWER
        return found

    def curve(self, subject: str, day: int) -> Curve:
        """Give the cohort curve of a subject in the week of a day."""
        return self._growth.curve(subject, self.kind(subject), week_of_school_year(day))

    def level(self, subject: str, known: LevelState) -> Json:
        """Give a level in points with the bands that it lies in, beside the cohort's own."""
        return self.levels(subject, [known])[0]

    def levels(self, subject: str, known: Sequence[LevelState]) -> list[Json]:
        """Give each level in points with the bands that it lies in, beside the cohort's own."""
        places: defaultdict[str, list[int]] = defaultdict(list)
        for at, one in enumerate(known):
            places[week_of_school_year(one.day)].append(at)
        told: list[Json] = [{}] * len(known)
        for some in places.values():
            curve = self.curve(subject, known[some[0]].day)
            outlooks = [_standing(known[at]) for at in some]
            cohort = _expected(curve, Outlook(0.0, 0.0))
            for at, shown in zip(some, _bands(curve, outlooks, self), strict=True):
                told[at] = {**shown, "standing": known[at].level, "cohort": cohort}
        return told

    def outlook(self, subject: str, known: LevelState, day: int) -> tuple[Curve, Outlook]:
        """Give what to expect of one result on a later day.

        The level goes on drifting, by as many results as there are until then at the usual pace.
        """
        curve = self.curve(subject, day)
        steps = max(1.0, self.calibration.steps_a_day * (day - known.day))
        noise = self._growth.usual_noise(curve, self.kind(subject))
        return curve, self._growth.outlook(known, noise, day, steps)

    def mark_standing(self, subject: str, day: int, mark: float) -> float:
        """Give the standing from which a result on a day is as likely under a mark of 0..100."""
        return self.curve(subject, day).standing_of(mark)

    def under(self, subject: str, known: Sequence[LevelState], day: int, mark: float) -> Floats:
        """Give each one's probability that a result on a later day is under a mark of 0..100."""
        curve = self.curve(subject, day)
        noise = self._growth.usual_noise(curve, self.kind(subject))
        deviations = self._growth.deviations(known, noise, day, self.calibration.steps_a_day)
        away = curve.standing_of(mark) - np.array([one.level for one in known])
        return _cdf(away / (deviations * self._stretch))

    def share_under(self, curve: Curve, outlook: Outlook, mark: float) -> float:
        """Give the probability of a result under a mark, tails as wide as was measured."""
        away = (curve.standing_of(mark) - outlook.mean) / (outlook.deviation * self._stretch)
        return _NORMAL.cdf(away)

    def ahead(
        self, subject: str, known: LevelState, on: int, target: float, weeks: int = WEEKS_AHEAD
    ) -> list[Json]:
        """Give what to expect of a result in each of the coming weeks, in its middle."""
        told = []
        monday = on - (on + 3) % 7
        for week in range(1, weeks + 1):
            day = monday + 7 * week + 3
            curve, outlook = self.outlook(subject, known, day)
            under = self.share_under(curve, outlook, PASS)
            told.append(
                {
                    "week": date.fromordinal(monday + 7 * week + EPOCH).isoformat(),
                    **_bands(curve, [outlook], self)[0],
                    "cohort": _expected(curve, Outlook(0.0, 0.0)),
                    "under_pass": under,
                    "reach_target": 1.0 - self.share_under(curve, outlook, target),
                }
            )
        return told


def _cdf(away: Floats) -> Floats:
    """Give the normal distribution function of each."""
    return np.array([_NORMAL.cdf(one) for one in away.tolist()])


def _expected(curve: Curve, outlook: Outlook) -> float:
    return float(curve.sample(*outlook).mean())


def _standing(known: LevelState) -> Outlook:
    """Give what is known of a level itself, without the noise of a result."""
    return Outlook(known.level, math.sqrt(known.variance * known.squares / known.freedom))


def _bands(curve: Curve, outlooks: Sequence[Outlook], forecaster: Forecaster) -> list[Json]:
    """Give the expected points of each and the 80 % and 95 % bands around them."""
    means, deviations = np.array(outlooks).T
    reach80 = forecaster.calibration.width80 * deviations
    reach95 = forecaster.calibration.width95 * deviations
    shown = {
        "points": curve.expected(means, deviations),
        "low80": curve.scores_of(means - reach80),
        "high80": curve.scores_of(means + reach80),
        "low95": curve.scores_of(means - reach95),
        "high95": curve.scores_of(means + reach95),
    }
    columns = (column.tolist() for column in shown.values())
    return [dict(zip(shown, values, strict=True)) for values in zip(*columns, strict=True)]


def model_of(forecaster: Forecaster) -> Json:
    """Say which model it is and what it rests on."""
    growth = forecaster.calibration
    return {
        "version": forecaster.version,
        "is_fitted": growth.is_fitted,
        "scores": growth.scores,
        "learners": growth.learners,
        "held_out_predictions": growth.steps,
    }


def not_enough(results: int) -> Json:
    """Say that there is not enough evidence, and how much is missing."""
    missing = ENOUGH - results
    return {
        "code": "not_enough_evidence",
        "missing": missing,
        "zh": f"证据不足：还需要 {missing} 次成绩",
        "en": f"not enough evidence yet: {missing} more results are needed",
    }


_UNFITTED: Final = {
    "code": "no_calibration",
    "zh": "尚未校准：只有先验模型，不作预测",
    "en": "the model is not calibrated yet: nothing is foretold from priors",
}


def _stale(last_day: str) -> Json:
    return {
        "code": "no_recent_result",
        "zh": f"最近一次成绩在 {last_day}，已超过 {FRESH_WEEKS} 周，不作预测",
        "en": f"the last result is of {last_day}, more than {FRESH_WEEKS} weeks ago",
    }


def _silent(forecaster: Forecaster, known: LevelState, last_day: str, on: date) -> Json | None:
    """Say why nothing is foretold; None where it is."""
    if not forecaster.is_fitted:
        return _UNFITTED
    if on.toordinal() - EPOCH - known.day > 7 * FRESH_WEEKS:
        return _stale(last_day)
    return None


class Trajectories:
    """The trajectories of one generation; safe to share between threads.

    ``calibration_of`` gives the calibration that a store's rows were folded with, ``position`` the
    log position up to which they are complete.
    """

    def __init__(
        self,
        generation: Generation,
        calibration_of: Callable[[str], Calibration],
        position: Callable[[], int],
    ) -> None:
        self._generation = generation
        self._calibration_of = calibration_of
        self._position = position
        self._warned = Remembered(position, most=_MOST_WARNED)
        self._measured = Remembered(position)
        self._peers = Remembered(position, most=_MOST_PEERS)
        self._forecasters: dict[str, Forecaster] = {}

    def forecaster(self, store: str) -> Forecaster:
        """Give what forecasts in a store."""
        found = self._forecasters.get(store)
        if found is None:
            found = self._forecasters[store] = Forecaster(self._calibration_of(store))
        return found

    def student(
        self,
        store: str,
        person: str,
        until: date,
        *,
        subject: str = "",
        target: float = PASS,
        least: int = 0,
    ) -> tuple[Json | None, int]:
        """Give the trajectory in each subject as of a day, and the log position it reflects.

        None where nothing is known until then. A week counts once its last result is not after the
        day. Points are 0..100, probabilities 0..1, days ISO 8601. ``least`` is a log position that
        has to be seen.
        """
        position = self._position()
        rows = self._generation.query(
            "level_weeks", store=store, person=person, subject=subject, until=until.isoformat()
        )
        weeks: dict[str, list[Week]] = {}
        for row in rows:
            weeks.setdefault(row[0], []).append(Week(*row))
        if not weeks:
            return None, position
        subjects = [
            self._subject(store, person, some, until, target, least) for some in weeks.values()
        ]
        told = {
            "person": person,
            "until": until.isoformat(),
            "target": target,
            "model": model_of(self.forecaster(store)),
            "subjects": [subject for subject, _ in subjects],
        }
        return told, min(position, *(seen for _, seen in subjects))

    def class_group(
        self, store: str, class_group: str, on: date, *, subject: str = "", target: float = PASS
    ) -> Json | None:
        """Give where the students of a class stand and are heading; None for an unknown class."""
        found = self._generation.query("class_group", store=store, class_group=class_group)
        if not found:
            return None
        peers = peers_on(
            self._generation, store, on, class_group=class_group, subject=subject, enough=1
        )
        subjects = by_subject(peers)
        return {
            "class_group": class_group,
            "on": on.isoformat(),
            "target": target,
            "model": model_of(self.forecaster(store)),
            "subjects": [
                {
                    "subject": name,
                    "students": [
                        self._of_class(store, one, on, target)
                        for one in sorted(some, key=lambda each: each.person)
                    ],
                }
                for name, some in sorted(subjects.items())
            ],
        }

    def warnings(
        self, store: str, on: date, *, school: str = "", class_group: str = "", least: int = 0
    ) -> tuple[Json, int]:
        """Give the early warnings of a day, and the log position they reflect."""

        def work_out() -> Json:
            forecaster = self.forecaster(store)
            return {
                "on": on.isoformat(),
                "mark": PASS,
                "model": model_of(forecaster),
                "why": None if forecaster.is_fitted else _UNFITTED,
                "warnings": early_warnings(self._generation, forecaster, store, on),
            }

        whole, position = self._warned.ask((store, on), work_out, least)
        measured, seen = self._how_right(store, on, least)
        some = [
            one
            for one in whole["warnings"]
            if school in ("", one["school"]) and class_group in ("", one["class_group"])
        ]
        return {**whole, "measured": measured, "warnings": some}, min(position, seen)

    def warnings_of(self, store: str, person: str, on: date) -> tuple[Json, int]:
        """Give the early ``warnings`` of one student on a day, and the log position they reflect.

        No other student's are worked out for them. With them comes how right such warnings were
        (``measured``), None where there are none.
        """
        position = self._position()
        own = early_warnings(self._generation, self.forecaster(store), store, on, person=person)
        if not own:
            return {"warnings": [], "measured": None}, position
        measured, seen = self._how_right(store, on, 0)
        return {"warnings": own, "measured": measured}, min(position, seen)

    def _how_right(self, store: str, on: date, least: int) -> tuple[Json | None, int]:
        """Give how right warnings of a day are, by those before it, and the log position."""
        return self._measured.ask(
            (store, on),
            lambda: measured_warnings(self._generation, self.forecaster(store), store, on),
            least,
        )

    def _subject(
        self,
        store: str,
        person: str,
        weeks: Sequence[Week],
        until: date,
        target: float,
        least: int,
    ) -> tuple[Json, int]:
        """Show a subject, and the log position that it reflects."""
        last, forecaster = weeks[-1], self.forecaster(store)
        told: Json = {
            "subject": last.subject,
            "n": last.scores,
            "last_day": last.last_day,
            "evidence": evidence_of(person, last.subject, weeks[0].week, last.last_day),
            "weeks": [self._week(forecaster, one) for one in weeks],
            "level": None,
            "growth": None,
            "forecast": None,
            "why": None,
        }
        if last.scores < ENOUGH:
            return told | {"why": not_enough(last.scores)}, self._position()
        known = last.known
        growth, seen = self._growth(store, person, last.subject, until, least)
        told |= {"level": forecaster.level(last.subject, known), "growth": growth}
        if (why := _silent(forecaster, known, last.last_day, until)) is not None:
            return told | {"why": why}, seen
        on = until.toordinal() - EPOCH
        return told | {"forecast": forecaster.ahead(last.subject, known, on, target)}, seen

    def _week(self, forecaster: Forecaster, one: Week) -> Json:
        """Show a week: its results, and the level at its end once there was enough evidence."""
        told: Json = {"week": one.week, "results": one.observations, "points": one.points}
        enough = one.scores >= ENOUGH
        return told | {"level": forecaster.level(one.subject, one.known) if enough else None}

    def _of_class(self, store: str, one: Peer, on: date, target: float) -> Json:
        forecaster = self.forecaster(store)
        told: Json = {
            "person": one.person,
            "n": one.scores,
            "last_day": one.last_day,
            "evidence": evidence_of(one.person, one.subject, "", one.last_day),
            "level": None,
            "next": None,
            "why": None,
        }
        if one.scores < ENOUGH:
            return told | {"why": not_enough(one.scores)}
        told["level"] = forecaster.level(one.subject, one.known)
        if (why := _silent(forecaster, one.known, one.last_day, on)) is not None:
            return told | {"why": why}
        return told | {
            "next": forecaster.ahead(
                one.subject, one.known, on.toordinal() - EPOCH, target, weeks=1
            )[0]
        }

    def _growth(
        self, store: str, person: str, subject: str, on: date, least: int
    ) -> tuple[Json, int]:
        """Give a student's growth percentile in a subject, and the position its peers reflect."""
        peers, seen = self._peers.ask(
            (store, subject, on),
            lambda: peers_on(self._generation, store, on, subject=subject),
            least,
        )
        return growth_percentile(peers, person, on), seen


def peers_on(
    generation: Generation,
    store: str,
    on: date,
    *,
    class_group: str = "",
    school: str = "",
    person: str = "",
    subject: str = "",
    enough: int = ENOUGH,
) -> list[Peer]:
    """Give every placed student's levels on a day, of those with a recent enough result.

    It can be limited to a class, a school or a person.
    """
    asked = {
        "store": store,
        "on": on.isoformat(),
        "class_group": class_group,
        "school": school,
    }
    # Named one by one, a class's students are found by the table's key: no others are read.
    persons = generation.query("placed_persons", **asked) if class_group or school else []
    persons += [(person,)] if person else []
    rows = generation.query(
        "levels_on",
        **asked,
        is_limited=int(bool(class_group or school or person)),
        persons=[one for (one,) in persons],
        before=(on - timedelta(weeks=HISTORY_WEEKS)).isoformat(),
        earliest=(on - timedelta(weeks=HISTORY_WEEKS + FRESH_WEEKS)).isoformat(),
        recent=(on - timedelta(weeks=FRESH_WEEKS)).isoformat(),
        subject=subject,
        enough=enough,
    )
    return [Peer(*row) for row in rows]


def growth_percentile(peers: Iterable[Peer], person: str, on: date) -> Json:
    """Give the percentile of a student's growth among peers of similar history.

    The levels of now are regressed on those of eight weeks ago, and the student's residual is
    ranked among those of the nearest earlier levels: a tenth of all, thirty at least. It is the
    student growth percentile of D. Betebenner 2009 ("Norm- and Criterion-Referenced Student
    Growth", Educational Measurement 28) in a simple form: a conditional rank.
    """
    since = (on - timedelta(weeks=HISTORY_WEEKS)).isoformat()
    known = [one for one in peers if one.scores_before >= ENOUGH and one.scores > one.scores_before]
    own = next((one for one in known if one.person == person), None)
    others = [one for one in known if one.person != person]
    shown: Json = {"percentile": None, "peers": len(others), "since": since, "why": None}
    if own is None or len(others) < FEWEST_PEERS:
        missing = max(0, FEWEST_PEERS - len(others))
        zh = f"{since} 前后的成绩不足，或可比同学还差 {missing} 人"
        en = f"too few results before or since {since}, or {missing} more peers are needed"
        return shown | {
            "why": {"code": "not_enough_evidence", "missing": missing, "zh": zh, "en": en}
        }
    slope = _slope(known)
    near = sorted(others, key=lambda one: (abs(one.level_before - own.level_before), one.person))
    near = near[: max(FEWEST_PEERS, len(others) // 10)]
    residual = own.level - slope * own.level_before
    residuals = [one.level - slope * one.level_before for one in near]
    lower = sum(one < residual for one in residuals)
    same = sum(one == residual for one in residuals)
    percentile = 100.0 * (lower + same / 2) / len(residuals)
    return shown | {"percentile": min(99.0, max(1.0, percentile)), "peers": len(near)}


def _slope(peers: Sequence[Peer]) -> float:
    """Regress levels of now on earlier ones."""
    n = len(peers)
    before = sum(one.level_before for one in peers) / n
    now = sum(one.level for one in peers) / n
    spread = sum((one.level_before - before) ** 2 for one in peers)
    both = sum((one.level_before - before) * (one.level - now) for one in peers)
    return both / spread if spread else 0.0


_ACTIONS: Final = urlencode({"action": sorted({*MARKED, ANSWER})}, doseq=True)
_quoted: Final = lru_cache(maxsize=4096)(quote_plus)  # subjects and days: the same of many
# Thousands of persons are quoted at once, each another: a table does it in a fifth of the time.
_QUOTED: Final = {code: quote_plus(chr(code)) for code in range(128)}


def evidence_of(person: str, subject: str, first_day: str, last_day: str) -> str:
    """Give the query that lists the facts behind a level."""
    asked: Mapping[str, str] = {
        "subject": "" if "://" in subject else subject,  # a course stands in for one
        "from": first_day,
        "to": last_day,
    }
    said = "".join(f"&{name}={_quoted(value)}" for name, value in asked.items() if value)
    whose = person.translate(_QUOTED) if person.isascii() else quote_plus(person)
    return f"/v1/evidence?person={whose}{said}&{_ACTIONS}"


# Early warnings ------------------------------------------------------------------------------

AHEAD_WEEKS: Final = 4
_LIKELIER: Final = 0.5  # than not: from here on, whoever stands at the mark's standing or below
FEWEST_MEASURED: Final = 20  # of whom a share is told
MEASURED_TIMES: Final = 3  # how often, four weeks apart, warnings are looked back at


def early_warnings(
    generation: Generation, forecaster: Forecaster, store: str, on: date, *, person: str = ""
) -> list[Json]:
    """List who is more likely than not to get results under the mark of passing, with reasons.

    The likeliest first; a row a student and subject. ``person`` is '' for all students.
    """
    if not forecaster.is_fitted:
        return []
    peers = peers_on(generation, store, on, person=person)
    under = probabilities_under(forecaster, peers, on).tolist()
    warned = sorted(
        (pair for pair in zip(under, peers, strict=True) if pair[0] >= _LIKELIER),
        key=lambda pair: (-pair[0], pair[1].person, pair[1].subject),
    )
    levels: dict[tuple[str, str], Json] = {}
    for subject, some in by_subject([one for _, one in warned]).items():
        known = forecaster.levels(subject, [one.known for one in some])
        levels.update(
            ((one.person, subject), level) for one, level in zip(some, known, strict=True)
        )
    return [
        _warning(forecaster, one, likely, levels[one.person, one.subject]) for likely, one in warned
    ]


def by_subject(peers: Iterable[Peer]) -> dict[str, list[Peer]]:
    """Put peers of one subject together."""
    found: defaultdict[str, list[Peer]] = defaultdict(list)
    for one in peers:
        found[one.subject].append(one)
    return found


def measured_warnings(
    generation: Generation, forecaster: Forecaster, store: str, on: date
) -> Json | None:
    """Measure warnings on the record itself: who would have been warned, and what came.

    At each of three days, four weeks apart and the last one four weeks ago, what the list would
    have been is compared with the mean of each student's results in the four weeks after. Who has
    no result in them counts nowhere. ``precision`` is the share of the warned who came under the
    mark, ``share`` that of all, which a list drawn by lot would reach, ``recall`` the share of
    those who came under it that had been warned. The calibration may know the cohort's curve of
    those weeks; of the student nothing is known that came later.
    """
    if not forecaster.is_fitted:
        return None
    days = [on - timedelta(weeks=AHEAD_WEEKS * back) for back in range(1, MEASURED_TIMES + 1)]
    rows = generation.query(
        "levels_measured",
        store=store,
        days=[day.isoformat() for day in days],
        enough=ENOUGH,
        fresh=FRESH_WEEKS,
        after=AHEAD_WEEKS,
    )
    warned = came = both = n = 0
    for day, subject, levels, points_after in rows:
        middle = _middle(date.fromisoformat(day))
        is_warned = np.array(levels) <= forecaster.mark_standing(subject, middle, PASS)
        is_under = np.array(points_after) < PASS
        n += len(is_under)
        warned += int(is_warned.sum())
        came += int(is_under.sum())
        both += int((is_warned & is_under).sum())
    return {
        "days": [day.isoformat() for day in sorted(days)],
        "precision": _share_or_why(both, warned),
        "recall": _share_or_why(both, came),
        "share": _share_or_why(came, n),
    }


def _share_or_why(right: int, n: int) -> Json:
    """Give a share with its 95 % interval, or how many more are needed for one to be told."""
    if n < FEWEST_MEASURED:
        return {"n": n, "share": None, "low": None, "high": None, "missing": FEWEST_MEASURED - n}
    counted_share = share(right, n)
    return {name: counted_share[name] for name in ("n", "share", "low", "high")} | {"missing": 0}


def probabilities_under(forecaster: Forecaster, peers: Sequence[Peer], on: date) -> Floats:
    """Give, for each, the probability of a result under the mark in the middle of four weeks."""
    places: defaultdict[str, list[int]] = defaultdict(list)
    for at, one in enumerate(peers):
        places[one.subject].append(at)
    under = np.empty(len(peers))
    for subject, some in places.items():
        known = [peers[at].known for at in some]
        under[some] = forecaster.under(subject, known, _middle(on), PASS)
    return under


def _middle(on: date) -> int:
    """Give the middle of the weeks ahead, in days since 1970-01-01."""
    return on.toordinal() - EPOCH + 7 * AHEAD_WEEKS // 2


def _warning(forecaster: Forecaster, one: Peer, share_under: float, level: Json) -> Json:
    zh = f"未来 {AHEAD_WEEKS} 周成绩低于 {PASS:.0f} 分的可能性为 {share_under:.0%}"
    en = f"{share_under:.0%} likely to get results under {PASS:.0f} in the next {AHEAD_WEEKS} weeks"
    numbers: Json = {"probability": share_under, "n": one.scores, "points": level["points"]}
    reasons = [
        {
            "code": "likely_under",
            "zh": f"{zh}（依据 {one.scores} 次成绩）",
            "en": f"{en} (from {one.scores} results)",
            "numbers": numbers,
        }
    ]
    if one.scores_before >= ENOUGH and (fallen := _fallen(forecaster, one)) is not None:
        reasons.append(fallen)
    return {
        "person": one.person,
        "class_group": one.class_group,
        "school": one.school,
        "subject": one.subject,
        "probability": share_under,
        "level": level,
        "n": one.scores,
        "reasons": reasons,
        "evidence": evidence_of(one.person, one.subject, "", one.last_day),
    }


def _fallen(forecaster: Forecaster, one: Peer) -> Json | None:
    """Say that a level has fallen, where it has by more than its 80 % band."""
    now = one.variance * one.squares / one.freedom
    before = one.variance_before * one.squares_before / one.freedom_before
    reach = forecaster.calibration.width80 * math.sqrt(now + before)
    if one.level_before - one.level <= reach:
        return None
    curve = forecaster.curve(one.subject, one.known.day)
    was, is_now = (_expected(curve, Outlook(level, 0.0)) for level in (one.level_before, one.level))
    return {
        "code": "falling",
        "zh": f"{HISTORY_WEEKS} 周内水平由 {was:.0f} 分降到 {is_now:.0f} 分",
        "en": f"the level fell from {was:.0f} to {is_now:.0f} points in {HISTORY_WEEKS} weeks",
        "numbers": {"points_before": was, "points": is_now, "weeks": HISTORY_WEEKS},
    }
