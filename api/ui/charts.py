"""Charts: what is drawn, in colours that everybody can tell apart, and what stands beside it."""

from collections.abc import Mapping, Sequence
from math import pi, sin
from typing import Any, Final

from nicegui import ui

from api.ui import formats
from api.ui.export import ExportButtons
from api.ui.layout import Tag
from api.ui.periods import Period
from api.ui.words import Words

Options = dict[str, Any]

# After Okabe and Ito's palette, darkened to stand out from white by 3:1 and more (WCAG 1.4.11), and
# checked under protanopia, deuteranopia and tritanopia. xueji.css has the same for its swatches.
PHASE_COLOURS = {"pre": "#c77700", "in": "#00508a", "post": "#009e73", "": "#8a8f94"}
BRAND, INK, MUTED, LINE = "#0d5c63", "#1c2b33", "#53626b", "#d9e0e3"
FONT = (
    'system-ui, "PingFang SC", "Hiragino Sans GB", "Microsoft YaHei", "Noto Sans CJK SC",'
    ' "Source Han Sans SC", sans-serif'
)
SERIES_COLOURS = ["#00508a", "#c77700", "#009e73", "#9c3d72", "#5d6b74"]
LEGEND: Final[Options] = {
    "type": "scroll",  # on a phone it has one line too
    "left": 0,
    "top": 0,
    "itemWidth": 14,
    "textStyle": {"color": INK, "fontSize": 13},
}
# Colour, line and symbol of a radar's series: each alone tells them apart.
RADAR_LOOKS = (
    (BRAND, "solid", "circle"),
    ("#c77700", "dashed", "triangle"),
    ("#5d6b74", "dotted", "rect"),
)
SYMBOLS: Final = ("circle", "rect", "triangle", "diamond", "pin")
_PERCENT_AXIS: Final[Options] = {
    "type": "value",
    "min": 0,
    "max": 100,
    "axisLabel": {"color": MUTED, "fontSize": 13, "formatter": "{value}%"},
    "splitLine": {"lineStyle": {"color": LINE}},
}
# A radar of fewer axes would be a line.
FEWEST_AXES = 3


class Figure:
    """A chart with what has to stand beside it: unit, n and as-of; or why there is no chart."""

    def __init__(self, words: Words, classes: str, title: str) -> None:
        self._words = words
        with Tag("figure", classes=f"xj-figure {classes}"):
            self._chart = ui.echart({}, renderer="svg").classes("xj-chart")
            self._empty = Tag("p", classes="xj-empty")
            self._caption = Tag("figcaption", classes="xj-note")
            self._export = ExportButtons(words, title, self._chart)

    def show(
        self,
        options: Options,
        summary: str,
        notes: Sequence[str],
        rows: Sequence[Sequence[Any]] = (),
    ) -> None:
        """Draw a chart; `summary` says it in words to who can't see it, `notes` stand beneath.

        What is saved as a table is what is drawn, or these `rows`.
        """
        self._chart.set_visibility(True)
        self._chart.props["role"] = "img"
        self._chart.props["aria-label"] = summary
        if self._chart.options != options:
            self._chart.options.clear()
            self._chart.options.update(options)
            self._chart.update()
        self._empty.set_visibility(False)
        self._caption.text = " · ".join(notes)
        self._export.show(rows or numbers(options), self._caption.text)

    def show_empty(self, why: str) -> None:
        """Say why there is no chart."""
        self._chart.set_visibility(False)
        self._empty.text = why
        self._empty.set_visibility(True)
        self._caption.text = ""
        self._export.show([])


def numbers(options: Options) -> list[list[Any]]:
    """Give what a chart draws as a table, the names of its columns first."""
    series = options["series"]
    labels = options["xAxis"]["data"]
    return [
        ["", *(one["name"] for one in series)],
        *map(list, zip(labels, *(one["data"] for one in series), strict=True)),
    ]


def radar(names: Sequence[str], series: Mapping[str, Sequence[float | None]]) -> Options:
    """Draw series of values (0..1) on a radar from 0 to 100, a value on the axis of each name.

    The first, which has to be whole, is drawn as an area, its values beside the axes; others as
    broken lines, as ``bridged`` says, those that aren't whole without symbols. One that can't be
    drawn is left out, and the others look as they do beside it.
    """
    first = bridged(next(iter(series.values()))) or ()
    axes = [
        {"name": f"{name}\n{{value|{round(100 * value)}}}", "max": 100}
        for name, value in zip(names, first, strict=True)
    ]
    every = zip(series.items(), RADAR_LOOKS, strict=False)
    looks = [
        ((name, whole), (*look[:2], "none" if None in values else look[2]))
        for (name, values), look in every
        if (whole := bridged(values)) is not None
    ]
    icons = [
        {"name": name, "icon": symbol}
        for name, (_, _, symbol) in zip(series, RADAR_LOOKS, strict=False)
        if any(name == drawn for (drawn, _), _ in looks)
    ]
    return {
        "textStyle": {"fontFamily": FONT},
        "radar": {
            "indicator": axes,
            "radius": "60%",
            "center": ["50%", "52%"],
            "splitNumber": 4,
            "axisName": {
                "color": INK,
                "fontSize": 15,
                "lineHeight": 22,
                "align": "center",
                "rich": {"value": {"fontSize": 20, "fontWeight": 600, "color": BRAND}},
            },
            "splitArea": {"areaStyle": {"color": ["#fff", "#f4f7f7"]}},
            "splitLine": {"lineStyle": {"color": LINE}},
            "axisLine": {"lineStyle": {"color": LINE}},
        },
        "legend": {**LEGEND, "data": icons, "selectedMode": False},
        "series": [
            {
                "type": "radar",
                "name": name,
                "silent": True,
                "symbol": symbol,
                "symbolSize": 8,
                "itemStyle": {"color": colour},
                "lineStyle": {"width": 2.5, "color": colour, "type": line},
                "areaStyle": {"color": colour, "opacity": 0 if place else 0.16},
                "data": [{"name": name, "value": [round(100 * value, 1) for value in values]}],
            }
            for place, ((name, values), (colour, line, symbol)) in enumerate(looks)
        ],
        "animationDuration": 300,
    }


def bridged(values: Sequence[float | None]) -> list[float] | None:
    """Give a radar's values with a straight line from neighbour to neighbour past those unknown.

    What is put in is where that line crosses the axis (the chord, in polar coordinates). None where
    half of the way around or more isn't known: no line passes there.
    """
    n = len(values)
    known = [(place, value) for place, value in enumerate(values) if value is not None]
    filled = dict(known)
    for (begin, one), (end, other) in zip(known, known[1:] + known[:1], strict=True):
        gap = (end - begin) % n or n
        if 2 * gap >= n:
            return None
        for step in range(1, gap):
            across = one * _sine(step, n) + other * _sine(gap - step, n)
            chord = one * other * _sine(gap, n)
            filled[(begin + step) % n] = chord / across if across else 0.0
    return [filled[place] for place in range(n)] if filled else None


def _sine(steps: int, of: int) -> float:
    return sin(2 * pi * steps / of)


def columns(labels: Sequence[str], name: str, values: Sequence[float]) -> Options:
    """Draw a column for each label, its number above it."""
    return {
        **_axes(labels),
        "color": [BRAND],
        "series": [
            {
                "name": name,
                "type": "bar",
                "barCategoryGap": "12%",
                "label": {"show": True, "position": "top", "color": INK, "fontSize": 13},
                "data": list(values),
            }
        ],
    }


def timeline(
    labels: Sequence[str],
    series: Mapping[str, Sequence[float | None]],
    shares: Mapping[str, Sequence[float | None]],
) -> Options:
    """Draw the first of some series as bars over the time, others as lines with dots.

    ``shares``, in percent, are dashed lines with an axis of their own. None is drawn as nothing.
    """
    axes = _axes(labels)
    percents = {**_PERCENT_AXIS, "splitLine": {"show": False}}
    return {
        **axes,
        "yAxis": [axes["yAxis"], percents] if shares else axes["yAxis"],
        "color": [BRAND, PHASE_COLOURS["pre"], SERIES_COLOURS[3]],
        "legend": LEGEND,
        "series": [
            {
                "name": name,
                "type": "line" if place else "bar",
                "barCategoryGap": "8%",
                "symbol": "diamond",
                "symbolSize": 8,
                "data": list(values),
            }
            for place, (name, values) in enumerate(series.items())
        ]
        + [
            {
                "name": name,
                "type": "line",
                "yAxisIndex": 1,
                "connectNulls": True,
                "symbol": "circle",
                "symbolSize": 6,
                "lineStyle": {"type": "dashed"},
                "data": list(values),
            }
            for name, values in shares.items()
        ],
    }


def steps(labels: Sequence[str], shares: Mapping[str, Sequence[float]]) -> Options:
    """Draw series of shares (percent) as lines over steps, told apart by their symbols too."""
    return {
        **_axes(labels),
        "yAxis": _PERCENT_AXIS,
        "color": SERIES_COLOURS,
        "legend": LEGEND,
        "series": [
            {
                "name": name,
                "type": "line",
                "symbol": SYMBOLS[place % len(SYMBOLS)],
                "symbolSize": 9,
                "data": list(values),
            }
            for place, (name, values) in enumerate(shares.items())
        ],
    }


def stacked(labels: Sequence[str], series: Mapping[str, Sequence[float]]) -> Options:
    """Draw several series as bars on top of each other, told apart by patterns too."""
    return {
        **_axes(labels),
        "color": SERIES_COLOURS,
        "aria": {"enabled": True, "label": {"enabled": False}, "decal": {"show": True}},
        "legend": LEGEND,
        "series": [
            {"name": name, "type": "bar", "stack": "all", "barMaxWidth": 40, "data": list(values)}
            for name, values in series.items()
        ],
    }


def _axes(labels: Sequence[str]) -> Options:
    """Give what charts of bars over labels have in common."""
    return {
        "textStyle": {"fontFamily": FONT},
        "grid": {"left": 8, "right": 32, "top": 40, "bottom": 4, "containLabel": True},
        "tooltip": {"trigger": "axis", "axisPointer": {"type": "shadow"}, "confine": True},
        "xAxis": {
            "type": "category",
            "data": list(labels),
            "axisLine": {"lineStyle": {"color": MUTED}},
            "axisTick": {"show": False},
            "axisLabel": {"color": MUTED, "fontSize": 13, "hideOverlap": True},
        },
        "yAxis": {
            "type": "value",
            "minInterval": 1,
            "axisLabel": {"color": MUTED, "fontSize": 13},
            "splitLine": {"lineStyle": {"color": LINE}},
        },
        "animationDuration": 300,
    }


def activity(
    periods: Sequence[Period], counts: Mapping[str, Sequence[int]], names: Mapping[str, str]
) -> Options:
    """Draw how many activities of each phase were in each period, as stacked bars."""
    return {
        **_axes([period.label for period in periods]),
        "color": [PHASE_COLOURS[phase] for phase in counts],
        "legend": LEGEND,
        "series": [_bars(phase, names[phase], values) for phase, values in counts.items()],
    }


def _bars(phase: str, name: str, values: Sequence[int]) -> Options:
    # Stripes as well as grey: what states no phase must not pass for one.
    stripes = {"symbol": "rect", "dashArrayX": [1, 0], "dashArrayY": [2, 3], "rotation": -0.8}
    return {
        "name": name,
        "type": "bar",
        "stack": "activity",
        "barMaxWidth": 28,
        "itemStyle": {
            "borderColor": "#fff",
            "borderWidth": 1,
            "decal": {**stripes, "color": "#fff"} if not phase else None,
        },
        "data": list(values),
    }


def activity_summary(
    words: Words,
    by: str,
    periods: Sequence[Period],
    counts: Mapping[str, Sequence[int]],
    names: Mapping[str, str],
) -> str:
    """Say in words what ``activity`` draws."""
    totals = {phase: sum(values) for phase, values in counts.items()}
    return words(
        "activity.summary",
        by=by,
        first=periods[0].label,
        last=periods[-1].label,
        n=formats.count(sum(totals.values())),
        phases=words.listed(f"{names[phase]} {formats.count(n)}" for phase, n in totals.items()),
    )
