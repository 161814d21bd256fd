"""The command ``xueji calibrate``: the models' globals learned from a store's own record."""

import json
import sys
from datetime import UTC, datetime
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from api.operating import OperatingError, operator
from api.roster_commands import check_store

console = Console()


def calibrate(
    store: Annotated[str, typer.Option(help="The store (tenant).")],
    until: Annotated[
        datetime | None, typer.Option(help="Learn from what happened up to then (UTC).")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Publish nothing.")] = False,
    force: Annotated[bool, typer.Option("--force", help="Publish though it is worse.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Learn the models' globals from a store's record, print the model card, and publish them."""
    from api.command_line import settings_or_exit

    check_store(store)
    moment = None if until is None else until.replace(tzinfo=UTC)
    try:
        with operator(settings_or_exit()) as told:
            answer = told.calibrate(store, moment, dry_run=dry_run, force=force)
    except OperatingError as error:
        _line(str(error))
        sys.exit(1)
    if as_json:
        print(json.dumps(answer, ensure_ascii=False))
    else:
        _show(answer)
    if answer["changed"] and answer["worse"] and not (force or dry_run):
        sys.exit(1)


def _show(answer: dict[str, Any]) -> None:
    """Print the model card, and what became of the calibration."""
    card = answer["card"]
    data, marks = card["data"], card["mastery"]
    title = f"模型卡 Model card {answer['version']}"
    table = Table("", "n", "AUC", "ECE", "log-loss", title=title)
    for compared in filter(None, (card["priors"], card["in_force"])):
        known = "" if compared["fair"] else " (学过这些作答 learned from these, too)"
        _row(table, f"对照 beside {compared['version']}{known}", compared)
    _row(table, "本次标定 this one", marks)
    _row(table, "  首次作答 first attempts", marks["first_attempts"])
    for known, one in marks["by_known"].items():
        _row(table, f"  之前 {known} 次作答 responses before", one)
    for kind, groups in card["groups"].items():
        for name, one in groups.items():
            _row(table, f"  {kind} {name}", one)
    _line(
        f"数据 data: {data['responses']:,} 次作答 responses, "
        f"{data['learners']:,} 名学习者 learners, {data['items']:,} 道题 items, "
        f"{data['knowledge_points']:,} 个知识点 knowledge points, "
        f"{data['first_day']} – {data['last_day']}"
    )
    _line(f"协议 protocol: {card['protocol']['zh']}\n  {card['protocol']['en']}")
    console.print(table, highlight=False)
    if marks["coverage"] is not None:
        _line(f"95 % 区间覆盖 interval holds: {marks['coverage']:.3f}")
    growth = card["growth"]
    learned = f"{growth['scores']:,} 个成绩 scores" if growth["learned"] else growth["why"]
    _line(f"成长模型 growth: {learned}")
    _line(_outcome(answer))
    if message := answer.get("message"):
        _line(f"  {message['zh']}\n  {message['en']}")


def _outcome(answer: dict[str, Any]) -> str:
    if not answer["changed"]:
        return "没有变化 nothing changed"
    return "已发布 published" if answer["published"] else "未发布 not published"


def _row(table: Table, title: str, marks: dict[str, Any] | None) -> None:
    if marks is not None:
        auc = "–" if marks["auc"] is None else f"{marks['auc']:.4f}"
        values = (f"{marks['n']:,}", auc, f"{marks['ece']:.4f}", f"{marks['logloss']:.4f}")
        table.add_row(title, *values)


def _line(text: str) -> None:
    console.print(text, highlight=False, markup=False, soft_wrap=True)
