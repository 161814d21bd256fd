"""The chart of a trajectory: results, level and forecast week by week, with their bands."""

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple

from api.ui.charts import BRAND, FONT, LEGEND, LINE, MUTED, Options
from api.ui.words import Words

Told = dict[str, Any]
RESULT, COHORT = "#9c3d72", "#5d6b74"


class Point(NamedTuple):
    """A week of a trajectory, in points of 0..100; None where nothing is known."""

    week: str  # its Monday, ISO 8601; under a scheme month and day on which four weeks end
    result: float | None = None
    level: float | None = None
    expected: float | None = None
    low80: float | None = None
    high80: float | None = None
    low95: float | None = None
    high95: float | None = None
    cohort: float | None = None
    score: float | None = None  # under a scheme


def points_of(subject: Told) -> list[Point]:
    """Give a point for every week from the first result to the end of the forecast."""
    known = {one["week"]: _past(one) for one in subject["weeks"]}
    ahead = {one["week"]: _ahead(one) for one in subject["forecast"] or ()}
    last = max(known)
    if ahead:  # the line of what is expected begins where the level ends
        known[last] = known[last]._replace(expected=known[last].level)
    every = known | ahead
    return [every.get(week, Point(week)) for week in _mondays(min(every), max(every))]


def _past(week: Told) -> Point:
    level = week["level"]
    if level is None:
        return Point(week["week"], result=week["points"])
    return Point(week["week"], result=week["points"], level=level["points"], **_bands(level))


def _ahead(week: Told) -> Point:
    return Point(week["week"], expected=week["points"], **_bands(week))


def _bands(told: Told) -> dict[str, float]:
    return {name: told[name] for name in ("low80", "high80", "low95", "high95", "cohort")}


def _mondays(first: str, last: str) -> list[str]:
    begin, weeks = date.fromisoformat(first), []
    while begin.isoformat() <= last:
        weeks.append(begin.isoformat())
        begin += timedelta(weeks=1)
    return weeks


# What is drawn of a student's trajectory in a subject.
SHOWN = ("result", "level", "expected", "band80", "band95", "cohort")


def trajectory_options(
    points: Sequence[Point],
    words: Words,
    shown: Sequence[str] = SHOWN,
    prefix: str = "trajectory",
) -> Options:
    """Draw the points; lines differ by their dashes and marks too, bands by how dark they are.

    ``shown`` says what of ``Point`` there is, and which bands, ``prefix`` of which words their
    names are.
    """
    names = {name: words(f"{prefix}.{name}") for name in shown}
    return {
        "textStyle": {"fontFamily": FONT},
        "grid": {"left": 8, "right": 44, "top": 44, "bottom": 4, "containLabel": True},
        "legend": LEGEND | {"data": list(names.values()), "itemWidth": 30},
        "tooltip": {"trigger": "axis", "confine": True},
        "xAxis": {
            "type": "category",
            "data": [point.week for point in points],
            "boundaryGap": False,
            "axisLine": {"lineStyle": {"color": MUTED}},
            "axisLabel": {"color": MUTED, "fontSize": 13, "hideOverlap": True},
        },
        "yAxis": {
            "type": "value",
            "min": 0,
            "max": 100,
            "axisLabel": {"color": MUTED, "fontSize": 13},
            "splitLine": {"lineStyle": {"color": LINE}},
        },
        "series": _series(points, names, words),
        "animationDuration": 300,
    }


_BANDS = (("95", 0.16), ("80", 0.26))  # and how dark
_LINES = (
    ("cohort", COHORT, "dotted"),
    ("level", BRAND, "solid"),
    ("score", BRAND, "solid"),
    ("expected", BRAND, "dashed"),
)
_MARKED = ("expected", "score")  # far between: one alone is seen as well


def _series(points: Sequence[Point], names: Mapping[str, str], words: Words) -> list[Options]:
    """Give what is drawn of that which has a name."""
    series = []
    for width, opacity in _BANDS:
        if f"band{width}" in names:
            series += _band(points, width, names[f"band{width}"], opacity)
    series += [_line(points, one, names[one], *how) for one, *how in _LINES if one in names]
    series[-1]["markLine"] = _begin_of_forecast(points, words)
    if "result" in names:
        results = [_rounded(point.result) for point in points]
        mark = {"type": "scatter", "symbol": "diamond", "symbolSize": 9}
        style = {"itemStyle": {"color": RESULT}}
        series.append({"name": names["result"], **mark, **style, "data": results})
    return series


def _begin_of_forecast(points: Sequence[Point], words: Words) -> Options:
    """Draw where what is known ends, if anything is foretold."""
    begins = next((point.week for point in points if point.expected is not None), None)
    return {
        "silent": True,
        "symbol": "none",
        "lineStyle": {"color": MUTED, "type": "dashed"},
        "label": {"formatter": words("trajectory.foretold"), "color": MUTED},
        "data": [] if begins is None else [{"xAxis": begins}],
    }


def _line(points: Sequence[Point], field: str, name: str, colour: str, kind: str) -> Options:
    return {
        "name": name,
        "type": "line",
        "connectNulls": True,
        "showSymbol": field in _MARKED,
        "symbol": "circle",
        "symbolSize": 6,
        "itemStyle": {"color": colour},
        "lineStyle": {"width": 2.5, "type": kind, "color": colour},
        "data": [_rounded(getattr(point, field)) for point in points],
    }


def _band(points: Sequence[Point], width: str, name: str, opacity: float) -> list[Options]:
    """Draw a band as what is beneath it, unseen, and what is in it."""
    lows = [getattr(point, f"low{width}") for point in points]
    highs = [getattr(point, f"high{width}") for point in points]
    spans = [None if low is None else high - low for low, high in zip(lows, highs, strict=True)]
    unseen = {
        "type": "line",
        "stack": f"band{width}",
        "connectNulls": True,
        "symbol": "none",
        "silent": True,
        "lineStyle": {"opacity": 0},
        "tooltip": {"show": False},
    }
    return [
        {**unseen, "data": [_rounded(low) for low in lows]},
        {
            **unseen,
            "name": name,
            "itemStyle": {"color": BRAND, "opacity": 2 * opacity},
            "areaStyle": {"color": BRAND, "opacity": opacity},
            "data": [_rounded(span) for span in spans],
        },
    ]


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1)


def trajectory_rows(points: Sequence[Point], words: Words) -> list[list[Any]]:
    """Give the points as a table, the names of its columns first."""
    heading = [words("trajectory.week"), *(words(f"trajectory.{name}") for name in _COLUMNS)]
    return [
        heading,
        *([point.week, *(_rounded(getattr(point, name)) for name in _COLUMNS)] for point in points),
    ]


_COLUMNS = ("result", "level", "expected", "low80", "high80", "low95", "high95", "cohort")
