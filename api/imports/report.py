"""What a person sees of an import: a progress bar, each refusal, and a summary at the end."""

from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import asdict, dataclass, field
from pathlib import Path

import orjson
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    Task,
    TaskProgressColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.table import Table
from rich.text import Text

from api.imports.posting import (
    BATCH_SIZE,
    CONNECTIONS,
    Endpoint,
    Outgoing,
    Poster,
    Refusal,
    Summary,
)


@dataclass(frozen=True, slots=True)
class Import:
    """How to run an import: where to post, how, and where to tell about it.

    ``refusals`` is a file that gets every refusal as a line of JSON.
    """

    endpoint: Endpoint
    batch_size: int = BATCH_SIZE
    connections: int = CONNECTIONS
    refusals: Path | None = None
    console: Console = field(default_factory=Console)

    def run(self, title: str, outgoing: Iterable[Outgoing], total: int) -> Summary:
        """Post with a progress bar; each refusal is printed above it when it happens.

        ``total`` is in the unit of ``Outgoing.size``. Raises ``PostingStopped``.
        """
        with ExitStack() as stack:
            listed = stack.enter_context(self.refusals.open("wb")) if self.refusals else None

            def tell(refusal: Refusal) -> None:
                self.console.print(Text(str(refusal), style="yellow"), soft_wrap=True)
                if listed:
                    listed.write(orjson.dumps(asdict(refusal), option=orjson.OPT_APPEND_NEWLINE))

            told: set[str] = set()

            def warn(reason: str) -> None:
                if reason not in told:  # every connection has the same trouble, again and again
                    told.add(reason)
                    self.console.print(Text(f"{reason}: trying again", style="red"))

            poster = Poster(
                self.endpoint,
                batch_size=self.batch_size,
                connections=self.connections,
                on_refused=tell,
                on_done=lambda size: bar.advance(task, size),
                on_trouble=warn,
            )
            bar = stack.enter_context(progress_bar(self.console, _Posted(poster.summary)))
            task = bar.add_task(title, total=total)
            summary = poster.post(outgoing)
            bar.update(task, completed=total)  # what lies between statements counts for nothing
            return summary


def progress_bar(console: Console, *columns: ProgressColumn) -> Progress:
    """Make the progress bar that imports and the demo district show."""
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        *columns,
        TimeElapsedColumn(),
        TimeRemainingColumn(),
        console=console,
    )


class _Posted(ProgressColumn):
    """How many statements are posted, how many a second, and how many were refused."""

    def __init__(self, summary: Summary) -> None:
        super().__init__()
        self.summary = summary

    def render(self, task: Task) -> Text:
        rate = self.summary.posted / task.elapsed if task.elapsed else 0.0
        text = Text(f"{self.summary.posted:,} statements, {rate:,.0f}/s", style="green")
        if self.summary.refused:
            text.append(f", {self.summary.refused:,} refused", style="yellow")
        return text


def summary_table(summary: Summary) -> Table:
    """Say in a table what became of the statements, refusals counted by the rule broken."""
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(justify="left")
    table.add_column(justify="right")
    table.add_column(justify="left", overflow="fold")
    table.add_row("Read", f"{summary.read:,}")
    table.add_row("Posted", f"{summary.posted:,}")
    table.add_row("Refused", f"{summary.refused:,}")
    for (rule, section), count in summary.refused_by_rule.most_common():
        table.add_row("", f"{count:,}", f"{rule} ({section})" if section else rule)
    table.add_row("Duration", f"{summary.duration:,.1f} s")
    table.add_row("Statements a second", f"{summary.statements_per_second:,.0f}")
    if summary.retries:
        table.add_row("Tried again", f"{summary.retries:,}")
    return table
