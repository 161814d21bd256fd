"""``xueji backtest``: figures beside the anchors, and files that can't be used refused by row."""

import gzip
import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from api.command_line import main
from api.imports.posting import SourceBroken
from api.response_files import RESPONSE_COLUMNS, split_of
from tests.support.responses import simulated

HEADER = ",".join(RESPONSE_COLUMNS)


def write(folder: Path, *rows: str) -> Path:
    path = folder / "responses.csv"
    path.write_text("\n".join([HEADER, *rows]) + "\n")
    return path


def test_a_response_to_several_skills_is_one_response(tmp_path: Path) -> None:
    file = write(tmp_path, "a,1,7;3,1,train", "b,1,3,0,test", "b,2,3,1,test")
    train, test = split_of(file)
    assert [(one.learner, one.knowledge_points, one.success) for one in train] == [
        ("a", ("3", "7"), True)
    ]
    assert [one.success for one in test] == [False, True]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (["a,1,3,yes,train"], "row 1: correct is 0 or 1, not 'yes'"),
        (["a,1,3,1,train", "b,1,,1,test"], "row 2: skills names one or more"),
        (["a,1,3,1,dev"], "row 1: split is 'train' or 'test', not 'dev'"),
        (["a,1,3,1,train", "a,1,3,1,test"], "row 2: learner 'a' is in both splits"),
        ([",1,3,1,train"], "row 1: user_id is empty"),
        (["a,1,3,1,train"], "no row has the split 'test'"),
        (["a,1,3,1,train", "b,1,3,1,test"], "have the same outcome"),
        ([], "no row has the split 'train'"),
    ],
)
def test_what_cannot_be_used_is_refused_by_row(rows: list[str], told: str, tmp_path: Path) -> None:
    with pytest.raises(SourceBroken, match=told):
        split_of(write(tmp_path, *rows))


def test_a_file_of_other_columns_or_none_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "other.csv"
    file.write_text("user_id,item_id,correct\n")
    with pytest.raises(SourceBroken, match="the columns are user_id, item_id, correct; expected"):
        split_of(file)
    file.write_text("")
    with pytest.raises(SourceBroken, match="the columns are missing"):
        split_of(file)


def test_the_command_gives_the_figures_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "responses.csv.gz"
    with gzip.open(file, "wt") as lines:
        print(HEADER, file=lines)
        for one in simulated(100, 20):
            split = "train" if int(one.learner.split("-")[1]) < 70 else "test"
            points = ";".join(one.knowledge_points)
            print(f"{one.learner},{one.item},{points},{int(one.success)},{split}", file=lines)
    answer = CliRunner().invoke(main, ["backtest", "--responses", str(file), "--json"])
    assert answer.exit_code == 0, answer.output
    told = json.loads(answer.stdout)["responses"]
    assert told["n"] == 600
    assert told["learned_from"] == 1400
    assert told["auc"] > told["priors"]["auc"]
    assert told["logloss"] < told["priors"]["logloss"]
    assert told["cold_start"]["n"] == 30
    assert sum(marks["n"] for marks in told["by_known"].values()) == 600


def test_the_command_says_what_is_wrong_and_fails(tmp_path: Path) -> None:
    run = CliRunner().invoke
    assert run(main, ["backtest"]).exit_code == 2
    few = run(main, ["backtest", "--responses", str(write(tmp_path, "a,1,3,1,train"))])
    assert few.exit_code == 1
    assert "no row has the split 'test'" in few.stderr
    rows = ["a,1,3,1,train", "b,1,3,1,test", "b,2,3,0,test"]
    few = run(main, ["backtest", "--assistments", str(write(tmp_path, *rows))])
    assert few.exit_code == 1
    assert "1 of 30 learners, 1 of 1,000 responses" in few.stderr
