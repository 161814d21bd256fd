"""The command ``xueji backtest``: how well the models foretell files of known outcomes."""

import json
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
import typer
from rich.console import Console
from rich.table import Table

from api.imports.posting import SourceBroken
from api.response_files import split_of
from api.score_files import protocol_of
from projections.prediction import growth_backtest, mastery_backtest
from projections.prediction.growth_backtest import GrowthFigures
from projections.prediction.growth_learning import TooLittle
from projections.prediction.mastery_backtest import Backtest
from projections.prediction.mastery_learning import TooFewResponses

# What others have published on the same protocol: T. Gervet et al. 2020, "When is Deep Learning the
# Best Approach to Knowledge Tracing?", JEDM 12(3).
MASTERY_ANCHORS: Final = (
    ("IRT", ".69"),
    ("PFA", ".72"),
    ("DKT, SAKT", ".75"),
    ("Best-LR", ".77"),
)
GATE_MASTERY: Final = "AUC ≥ .775, ECE ≤ .02"
GATE_GROWTH: Final = "RMSE ≤ 14.4, cov80 .77 – .83, cov95 .93 – .97"

console = Console()


def backtest(
    assistments: Annotated[
        Path | None, typer.Option(help="ASSISTments 2009-10: user_id,item_id,skills,correct,split.")
    ] = None,
    oulad: Annotated[
        Path | None, typer.Option(help="OULAD's assessments: dated scores, module by module.")
    ] = None,
    responses: Annotated[
        Path | None, typer.Option(help="Any other responses with the columns of --assistments.")
    ] = None,
    scores: Annotated[
        Path | None, typer.Option(help="Any other scores with the columns of --oulad.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Foretell files of known outcomes with the code that folds the record, and compare."""
    given = {"assistments09": assistments, "responses": responses}
    dated = {"oulad": oulad, "scores": scores}
    if not any((*given.values(), *dated.values())):
        raise typer.BadParameter("name a file: --assistments, --oulad, --responses or --scores")
    told: dict[str, Any] = {}
    try:
        for name, path in given.items():
            if path is not None:
                found = _of_responses(path)
                told[name] = _mastery_json(found)
                if not as_json:
                    _show_mastery(name, found)
        for name, path in dated.items():
            if path is not None:
                figures = growth_backtest.backtest(*protocol_of(path))
                told[name] = msgspec.to_builtins(figures)
                if not as_json:
                    _show_growth(name, figures)
    except (SourceBroken, TooFewResponses, TooLittle, ValueError) as error:
        print(str(error), file=sys.stderr)
        sys.exit(1)
    if as_json:
        print(json.dumps(told, ensure_ascii=False))


def _of_responses(path: Path) -> Backtest:
    split = split_of(path)
    try:
        return mastery_backtest.backtest(split.train, split.test)
    except TooFewResponses as error:
        raise TooFewResponses(f"{path}: split 'train': {error}") from None


def _mastery_json(found: Backtest) -> dict[str, Any]:
    """Give the figures of what was learned, the priors' beside them, and what was chosen."""
    return {
        **msgspec.to_builtins(found.learned),
        "priors": msgspec.to_builtins(found.priors),
        "learned_from": found.learned_from,
        "hyperparameters": msgspec.to_builtins(found.globals.hyperparameters),
        "spread": found.globals.spread,
    }


def _show_mastery(name: str, found: Backtest) -> None:
    table = Table(
        *("", "n", "AUC", "ECE", "log-loss"),
        title=f"掌握度回测 Mastery: {name}",
        caption=f"{found.learned.learners:,} 名学习者 learners; 要求 asked for: {GATE_MASTERY}",
    )
    if name == "assistments09":
        for model, auc in MASTERY_ANCHORS:
            table.add_row(f"{model} (已发表 published)", "", auc, "", "")
    priors, learned = found.priors, found.learned
    rows: list[tuple[str, Any]] = [
        ("先验 priors", priors),
        ("已标定 calibrated", learned),
        ("  首次作答 first attempts at an item", learned.first_attempts),
        ("  冷启动 first response of a learner", learned.cold_start),
        *((f"  之前 {known} 次作答 responses before", one) for known, one in _known(learned)),
    ]
    for title, marks in rows:
        if marks is not None:
            auc = "–" if marks.auc is None else f"{marks.auc:.4f}"
            table.add_row(title, f"{marks.n:,}", auc, f"{marks.ece:.4f}", f"{marks.logloss:.4f}")
    console.print(table)
    if learned.coverage is not None:
        console.print(
            f"95 % 区间覆盖 interval holds {learned.coverage:.3f} "
            f"(宽度系数 spread {found.globals.spread:.2f})",
            highlight=False,
        )


def _known(figures: mastery_backtest.MasteryFigures) -> Iterable[tuple[str, Any]]:
    return figures.by_known.items()


def _show_growth(name: str, figures: GrowthFigures) -> None:
    table = Table(
        *("", "n", "RMSE", "cov80", "cov95", "CRPS"),
        title=f"成长预测回测 Growth: {name}",
        caption=f"要求 asked for: {GATE_GROWTH}",
    )
    n = f"{figures.n:,}"
    table.add_row("上次成绩 last score again", n, f"{figures.last_score_rmse:.2f}", "", "", "")
    table.add_row("群体均值 cohort mean", n, f"{figures.cohort_rmse:.2f}", "", "", "")
    rows: list[tuple[str, Any]] = [
        ("成长模型 growth model", figures),
        *((f"  之前 {known} 次 scores before", one) for known, one in figures.by_known.items()),
        ("  首次成绩 first scores (另计 apart)", figures.first),
    ]
    for title, one in rows:
        if one is not None:
            table.add_row(
                title,
                f"{one.n:,}",
                f"{one.rmse:.2f}",
                f"{one.cov80:.3f}",
                f"{one.cov95:.3f}",
                f"{one.crps:.2f}",
            )
    console.print(table)
