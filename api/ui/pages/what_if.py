"""What a draft would change: how many go from level to level, who, and why."""

from typing import Any

from api.ui import formats
from api.ui.layout import Card, Tag, result_link
from api.ui.pages.result_parts import change_text, level_text, score_text
from api.ui.portrait import as_of
from api.ui.refusals import Notice
from api.ui.session import Visit
from api.ui.table import Column, DataTable, Row, cell

Told = dict[str, Any]


class Comparison:
    """The comparison of a scheme in force with a draft."""

    def __init__(self, visit: Visit) -> None:
        self._visit = visit
        words = self._words = visit.words
        with Card(words, words("what_if.title"), words("what_if.help"), "xj-what-if") as self._card:
            self._told = Tag("p", role="status")
            self._notice = Notice()
            self._moves = DataTable(
                words,
                words("what_if.moves"),
                [
                    Column("from", words("what_if.from")),
                    Column("to", words("what_if.to")),
                    Column("count", words("group.students"), "number"),
                ],
                export=words("what_if.moves"),
            )
            self._changes = DataTable(
                words,
                words("what_if.changes"),
                [
                    Column("name", words("students.name"), "link", sortable=True),
                    Column("levels", words("result.level")),
                    Column("scores", words("result.total"), "number"),
                    Column("why", words("what_if.why")),
                ],
                export=words("what_if.changes"),
            )
        self._card.section.set_visibility(False)

    def begin(self) -> None:
        """Say that it is being worked out."""
        self._card.section.set_visibility(True)
        self._told.text = self._words("working_out")
        self._notice.show("")
        for table in (self._moves, self._changes):
            table.set_visibility(False)

    def fail(self, why: str, detail: str) -> None:
        """Say why there is no comparison."""
        self._told.text = ""
        self._notice.show(self._words("what_if.failed", why=why), detail, is_fault=True)

    def show(self, told: Told) -> None:
        """Show who changes level."""
        words, period = self._words, told["in_force"]["period"]
        days = words("days", first=period["from"], last=period["to"])
        self._card.aside.text = f"{days} · {as_of(self._visit, told)}"
        self._told.text = words(
            "what_if.told",
            changed=formats.count(told["changed"]),
            students=formats.count(told["students"]),
            change=change_text(told["change"]["mean"], words),
        )
        for table in (self._moves, self._changes):
            table.set_visibility(True)
        self._moves.show(self._move(told, one) for one in told["moves"])
        self._changes.set_visibility(bool(told["changes"]))
        self._changes.show(self._change(told, one) for one in told["changes"])

    def _move(self, told: Told, one: Told) -> Row:
        words = self._words
        return {
            "id": f"{one['from']} {one['to']}",
            "from": cell(level_text(told["in_force"], one["from"], words)),
            "to": cell(level_text(told["what_if"], one["to"], words)),
            "count": cell(formats.count(one["count"])),
        }

    def _change(self, told: Told, one: Told) -> Row:
        words = self._words
        before = level_text(told["in_force"], one["from"], words)
        after = level_text(told["what_if"], one["to"], words)
        scores = [score_text(one[name], words) for name in ("score_before", "score_after")]
        reasons = [
            words(
                "what_if.reason",
                indicator=words.of(reason["title"]),
                before=f"{reason['points_before']:.1f}",
                after=f"{reason['points_after']:.1f}",
            )
            for reason in one["reasons"]
        ]
        return {
            "id": one["person"],
            "name": cell(one["name"], one["name"], href=result_link("students", one["person"])),
            "levels": cell(f"{before} → {after}"),
            "scores": cell(f"{scores[0]} → {scores[1]}"),
            "why": cell(words.clauses(reasons)),
        }
