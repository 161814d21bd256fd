"""Files of dated scores: what a backtest learns from, and its marks on the Open University's."""

from pathlib import Path

import pytest

from api.imports.oulad import ASSESSMENT_COLUMNS
from api.imports.posting import SourceBroken
from api.score_files import protocol_of
from projections.prediction.growth_backtest import backtest
from tests.support.data import data_file

ROWS = [
    "7,AAA,2013J,12,TMA,54.0,20,50,False,80.0",
    "7,AAA,2013J,11,TMA,19.0,10,18,False,70.0",
    "7,AAA,2013J,13,CMA,19.0,10,18,False,60.0",
    "8,AAA,2014J,21,TMA,20.0,10,18,True,90.0",
    "8,AAA,2014J,22,TMA,55.0,10,50,False,40.0",
    "8,AAA,2014J,23,TMA,,10,60,False,",
]


def _file(folder: Path, *rows: str) -> Path:
    path = folder / "scores.csv"
    path.write_text("\n".join([",".join(ASSESSMENT_COLUMNS), *rows]) + "\n")
    return path


def test_scores_come_in_the_order_of_days_with_the_order_of_their_assessments(
    tmp_path: Path,
) -> None:
    before, after = protocol_of(_file(tmp_path, *ROWS))
    assert [(one.kind, one.order, one.day, one.score) for one in before] == [
        ("TMA", "1", 18, 70.0),
        ("CMA", "1", 18, 60.0),
        ("TMA", "2", 50, 80.0),
    ]
    # What is banked or missing isn't foretold, but is an assessment with its place in the order.
    assert [(one.order, one.score) for one in after] == [("2", 40.0)]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("8,AAA,2014J,21,TMA,20.0,10,18,False,101", "row 7: a score lies between 0 and 100"),
        ("8,AAA,2014J,21,TMA,20.0,10,soon,False,50", "row 7: date_submitted is a number"),
        ("8,AAA,2014J,21,TMA,20.0,10,18,perhaps,50", "row 7: is_banked is True or False"),
        ("8,AAA,J,21,TMA,20.0,10,18,False,50", "row 7: a presentation begins with its year"),
        ("8,AAA,2014J,21,TMA,20.0,10,18,False,nan", "row 7: score is a number"),
    ],
)
def test_a_row_that_cannot_be_read_is_named(tmp_path: Path, row: str, said: str) -> None:
    with pytest.raises(SourceBroken, match=said):
        protocol_of(_file(tmp_path, *ROWS, row))


def test_presentations_of_one_year_are_not_enough(tmp_path: Path) -> None:
    with pytest.raises(SourceBroken, match=r"two years or more are needed.*found: 2013"):
        protocol_of(_file(tmp_path, *ROWS[:3]))


def test_the_growth_model_reaches_its_marks_on_the_open_university() -> None:
    """Learned from 2013, every score of 2014 foretold: the marks that the model has to reach."""
    figures = backtest(*protocol_of(data_file("oulad_assessments.csv.gz")))
    assert figures.n == 59_635
    assert figures.last_score_rmse == pytest.approx(19.63, abs=0.005)
    assert figures.rmse <= 14.0
    assert 0.77 <= figures.cov80 <= 0.83
    assert 0.93 <= figures.cov95 <= 0.97
    assert figures.crps < 7.64
