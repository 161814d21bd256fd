"""Chinese sentences are punctuated as Chinese is: by full-width marks, wherever they stand."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parent.parent
ROOMS = ("api", "apps", "lrs", "projections", "streams")
SCHEMES = sorted((ROOT / "projections/evaluation/shipped_schemes").glob("*.yaml"))
# A half-width mark behind or in front of Chinese; one behind which English goes on is English.
HALF_WIDTH = re.compile(
    r"[\u4e00-\u9fff」》）”][,;:?!](?! [A-Za-z])|[\w%}）][,;:?!][\u4e00-\u9fff「《（“]"
)


def written(path: Path) -> Iterator[tuple[int, str]]:
    """Give the strings of a module with their lines, without docstrings and patterns."""
    tree = ast.parse(path.read_text("utf-8"))
    left_out: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Expr):
            left_out.add(id(node.value))
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "re.compile":
            left_out |= {id(each) for each in ast.walk(node)}
    for node in ast.walk(tree):
        is_text = isinstance(node, ast.Constant) and isinstance(node.value, str)
        if is_text and id(node) not in left_out:
            yield node.lineno, node.value


def said(value: object) -> Iterator[str]:
    """Give every ``zh`` of a document, however deep."""
    if isinstance(value, dict):
        for key, each in value.items():
            if key == "zh" and isinstance(each, str):
                yield each
            yield from said(each)
    elif isinstance(value, list):
        for each in value:
            yield from said(each)


def test_the_rule_tells_chinese_from_english() -> None:
    assert all(map(HALF_WIDTH.search, ("没有,重来", "重来:", "共 3 题,对 2 题", "(甲)乙:{}")))
    assert not any(map(HALF_WIDTH.search, ("没有，重来", "{zh: 本校, en: Ours}", "“{name}”? All")))


def test_strings_have_no_half_width_marks_beside_chinese() -> None:
    found = [
        f"{path.relative_to(ROOT)}:{line}: {text}"
        for room in ROOMS
        for path in sorted((ROOT / room).rglob("*.py"))
        for line, text in written(path)
        if HALF_WIDTH.search(text)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("path", SCHEMES, ids=lambda path: path.stem)
def test_schemes_have_none(path: Path) -> None:
    texts = list(said(yaml.safe_load(path.read_text("utf-8"))))
    assert texts
    assert not list(filter(HALF_WIDTH.search, texts))
