"""The parts of a quarter's report."""

from api.ui import charts, formats
from api.ui.charts import Figure
from api.ui.layout import Card, Tag
from api.ui.parts import KeyFigures
from api.ui.portrait import Portrait, as_of
from api.ui.session import Visit


class Sentences:
    """The report's main figures in sentences."""

    def __init__(self, visit: Visit) -> None:
        self._words = visit.words
        with Card(visit.words, visit.words("report.text"), classes="xj-wide"):
            self._list = Tag("ul", classes="xj-sentences")

    def show(self, portrait: Portrait) -> None:
        """Show the sentences of a report."""
        self._list.clear()
        with self._list:
            for sentence in self._words.of(portrait["text"]):
                Tag("li", sentence)


class ReportFigures(KeyFigures):
    """The figures of a quarter, and their changes since the one before."""

    PREFIX = "report"
    KEYS = ("persons", "actions", "schools", "apps", "persons_change", "actions_change")

    def texts(self, portrait: Portrait) -> dict[str, str]:
        """Give the figures."""
        figures, change = portrait["figures"], portrait["change"]
        return {
            **{key: formats.count(figures[key]) for key in self.KEYS[:4]},
            **{
                f"{key}_change": formats.change(change[key], self.words)
                for key in ("persons", "actions")
            },
        }


class Months:
    """What was done in each month of a quarter."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        words = self._words = visit.words
        title = words("report.months")
        with Card(words, title, classes="xj-wide"):
            self._figure = Figure(words, "xj-bars", title)

    def show(self, portrait: Portrait) -> None:
        """Show the months of a report."""
        words, months = self._words, portrait["months"]
        actions = [one["actions"] for one in months]
        if not any(actions):
            self._figure.show_empty(words("activity.empty"))
            return
        labels = [one["month"] for one in months]
        told = [f"{month} {formats.count(n)}" for month, n in zip(labels, actions, strict=True)]
        self._figure.show(
            charts.columns(labels, words("activity.actions"), actions),
            words("report.summary", counts=words.listed(told)),
            [
                words("unit", unit=words("activity.unit")),
                words("activity.n", n=formats.count(sum(actions))),
                as_of(self._visit, portrait),
            ],
        )
