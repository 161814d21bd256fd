"""What the pages are made of: words in both languages, numbers, periods, tickets, own addresses."""

import ast
import re
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

import api
from api import ui
from api.errors import ApiError
from api.roles import Own
from api.ui import formats
from api.ui.charts import bridged
from api.ui.filters import day_named
from api.ui.own_links import told_whose
from api.ui.pages.generation_comparison import table_named
from api.ui.pages.scheme_trajectory import DRAWN, points_of
from api.ui.periods import MOST_DAYS, MOST_WEEKS, count_by_period
from api.ui.refusals import refusal_said
from api.ui.session import HOME, LONGEST_PATH, own_page
from api.ui.tickets import TICKET_SECONDS, Tickets
from api.ui.trajectory_chart import trajectory_options
from api.ui.words import CHINESE, ENGLISH, WORDS, Words
from projections.tables import TABLES

EXAMPLE = yaml.safe_load(
    (Path(ui.__file__).parents[1] / "descriptions" / "scheme_trajectory.yaml").read_text("utf-8")
)["example"]
PLACE = re.compile(r"\{(\w+)\}")
ALL = sorted(Path(ui.__file__).parent.rglob("*.py"))
SOURCES = [path for path in ALL if not path.name.endswith("words.py")]


def strings(path: Path) -> set[str]:
    """Give every string of a source file; what an f-string fills in is `*`."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
        elif isinstance(node, ast.JoinedStr):
            parts = (part.value if isinstance(part, ast.Constant) else "*" for part in node.values)
            found.add("".join(map(str, parts)))
    return found


@pytest.mark.parametrize("key", WORDS)
def test_every_word_is_there_in_both_languages_with_the_same_places(key: str) -> None:
    chinese, english = WORDS[key]
    assert chinese.strip()
    assert english.strip()
    assert sorted(PLACE.findall(chinese)) == sorted(PLACE.findall(english))


def test_no_word_is_written_down_twice() -> None:
    keys = [
        key.value
        for path in ALL
        if path.name.endswith("words.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Dict)
        for key, value in zip(node.keys, node.values, strict=True)
        if isinstance(key, ast.Constant) and isinstance(value, ast.Tuple)
    ]
    assert [key for key, n in Counter(keys).items() if n > 1] == []


def test_every_word_is_said_somewhere() -> None:
    said = set().union(*(strings(path) for path in SOURCES))
    patterns = [re.compile(re.escape(one).replace(r"\*", r"[\w-]*")) for one in said if "*" in one]
    assert [
        key
        for key in WORDS
        if key not in said and not any(pattern.fullmatch(key) for pattern in patterns)
    ] == []


def asked_for(path: Path) -> set[str]:
    """Give every key that a source file asks words for, where it is written out."""
    calls = [
        node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)
    ]
    return {
        call.args[0].value
        for call in calls
        if ast.unparse(call.func).rpartition(".")[2] in ("words", "_words")
        and call.args
        and isinstance(call.args[0], ast.Constant)
    }


def test_every_word_that_is_asked_for_is_there() -> None:
    asked = {path.name: asked_for(path) - WORDS.keys() for path in SOURCES}
    assert {name: keys for name, keys in asked.items() if keys} == {}
    assert len(set().union(*map(asked_for, SOURCES))) > 300


def test_no_page_says_chinese_that_is_not_among_the_words() -> None:
    spoken = re.compile(r"[\u4e00-\u9fff]")
    for path in SOURCES:
        # The product's name, and who an example is about.
        names = re.compile("学迹 Xueji|小明")
        said = [names.sub("", text) for text in strings(path)]
        assert [text for text in said if spoken.search(text)] == [], path


def test_a_radars_line_goes_straight_past_a_side_that_is_not_known() -> None:
    assert bridged([1.0, None, 1.0, 1.0, 1.0, 1.0]) == pytest.approx([1, 0.5, 1, 1, 1, 1])
    assert bridged([None, 0.5, 0.5, 0.5, 0.5, 0.5]) == pytest.approx([0.25, *[0.5] * 5])
    assert bridged([0.0, None, 0.0, 0.3, 0.2, 0.1]) == [0.0, 0.0, 0.0, 0.3, 0.2, 0.1]
    assert bridged([0.1, 0.2, 0.3]) == [0.1, 0.2, 0.3]


@pytest.mark.parametrize("values", [[], [None] * 3, [1.0, None, None], [1.0, None, 1.0, None]])
def test_no_line_passes_where_half_of_a_radar_is_not_known(values: list[float | None]) -> None:
    assert bridged(values) is None


@pytest.mark.parametrize("text", ["", "2026-02-30", "x", "0001-01-01", "9999-12-31"])
def test_a_day_of_an_address_that_no_table_can_hold_is_none(text: str) -> None:
    assert day_named(text) is None
    assert day_named("2026-11-29") == date(2026, 11, 29)


def test_words_say_values_in_their_places() -> None:
    assert Words(CHINESE)("students.none_found", search="李").startswith("没有找到“李”")
    assert Words(ENGLISH)("students.none_found", search="{x}").startswith("Nobody found for “{x}”")


@pytest.mark.parametrize(
    ("language", "names", "chosen"),
    [
        (CHINESE, {"zh-CN": "分数", "en": "Fractions"}, "分数"),
        (CHINESE, {"zh-Hans": "分数", "en": "Fractions"}, "分数"),
        (CHINESE, {"en": "Fractions"}, "Fractions"),
        (ENGLISH, {"en-US": "Fractions", "zh-CN": "分数"}, "Fractions"),
        (ENGLISH, {"zh-CN": "分数"}, "分数"),
        (ENGLISH, {}, "fractions"),
    ],
)
def test_a_name_is_chosen_in_the_pages_language_or_the_nearest(
    language: str, names: dict[str, str], chosen: str
) -> None:
    assert Words(language).choose(names, "fractions") == chosen  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("share", "written"),
    [(0, "0%"), (0.001, "<1%"), (0.426, "43%"), (0.999, ">99%"), (1, "100%")],
)
def test_a_percentage_is_never_more_certain_than_the_share(share: float, written: str) -> None:
    assert formats.percent(share) == written


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(0, "—"), (12.4, "12 秒"), (90, "2 分"), (3599, "1 小时 0 分"), (5825, "1 小时 37 分")],
)
def test_a_length_of_time_is_written_in_its_largest_units(seconds: float, written: str) -> None:
    assert formats.length(seconds, Words(CHINESE)) == written


def test_a_moment_is_written_in_the_districts_time() -> None:
    shanghai = ZoneInfo("Asia/Shanghai")
    assert formats.moment("2026-03-02T16:30:05.123Z", shanghai) == "2026-03-03 00:30"
    assert formats.moment("2026-03-02T16:30:05Z", shanghai, seconds=True) == "2026-03-03 00:30:05"
    assert formats.moment("0000-01-01T00:00:00.000Z", shanghai) == "0000-01-01T00:00:00.000Z"


@pytest.mark.parametrize(
    ("person", "account"),
    [
        ("account:https://district.example|s001", "s001"),
        ("mbox:mailto:ming@school.example", "ming@school.example"),
        ("openid:https://id.example/ming", "https://id.example/ming"),
    ],
)
def test_an_account_is_written_as_people_know_it(person: str, account: str) -> None:
    assert formats.account(person) == account


DAYS = st.dates(date(1900, 1, 1), date(2299, 12, 31))
ACTIVE_DAYS = st.lists(
    st.tuples(DAYS, st.sampled_from(["pre", "in", "post", ""]), st.integers(1, 50)), min_size=1
)


@given(ACTIVE_DAYS)
def test_periods_follow_one_another_and_count_every_action_once(
    active: list[tuple[date, str, int]],
) -> None:
    days = [{"day": str(day), "phase": phase, "actions": n} for day, phase, n in active]
    periods, counts = count_by_period(days, ["pre", "in", "post", ""])
    starts = [period.first for period in periods]
    assert starts == sorted(set(starts))
    assert starts[0] <= min(day for day, *_ in active)
    assert starts[-1] <= max(day for day, *_ in active)
    for phase, numbers in counts.items():
        assert len(numbers) == len(periods)
        assert sum(numbers) == sum(n for _, of, n in active if of == phase)


@pytest.mark.parametrize(
    ("days", "span"),
    [
        (1, "day"),
        (MOST_DAYS, "day"),
        (MOST_DAYS + 1, "week"),
        (7 * MOST_WEEKS, "week"),
        (7 * MOST_WEEKS + 1, "month"),
    ],
)
def test_a_long_history_is_counted_by_longer_periods(days: int, span: str) -> None:
    first = date(2026, 3, 2)
    ends = [first, first + timedelta(days=days - 1)]
    active = [{"day": str(day), "phase": "in", "actions": 1} for day in ends]
    periods, _ = count_by_period(active, ["in"])
    assert periods[0].span == span


def test_a_ticket_opens_once() -> None:
    tickets = Tickets()
    ticket = tickets.issue("key")
    assert tickets.redeem(ticket) == "key"
    assert tickets.redeem(ticket) is None


def test_a_ticket_is_void_after_ten_minutes() -> None:
    now = 0.0
    tickets = Tickets(lambda: now)
    early, late = tickets.issue("key"), tickets.issue("key")
    now = TICKET_SECONDS - 1
    assert tickets.redeem(early) == "key"
    now = TICKET_SECONDS
    assert tickets.redeem(late) is None


@pytest.mark.parametrize("ticket", ["", "x", "\udcff", "a" * 10_000])
def test_what_is_no_ticket_opens_nothing(ticket: str) -> None:
    tickets = Tickets()
    tickets.issue("key")
    assert tickets.redeem(ticket) is None


@pytest.mark.parametrize(
    "path",
    [
        "/ui/students",
        "/ui/students/account%3Ax?search=%E6%9D%8E",
        "/ui/".ljust(LONGEST_PATH, "x"),
    ],
)
def test_a_visitor_is_sent_back_to_a_page_of_ours(path: str) -> None:
    assert own_page(path) == path


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "//evil.example/ui/",
        "https://evil.example/ui/",
        "/\\evil.example/ui/",
        "/ui/\\evil.example",
        "/ui/\nSet-Cookie: x",
        "javascript:alert(1)",
        "http:///ui/x",
        "http://[/ui/",
        "/ui/" + "x" * LONGEST_PATH,
    ],
)
def test_a_visitor_is_never_sent_elsewhere(path: str) -> None:
    assert own_page(path) == HOME


def test_a_schemes_trajectory_draws_scores_and_then_what_is_expected_with_its_bands() -> None:
    part = EXAMPLE["total"]
    points = points_of(part)
    options = trajectory_options(points, Words(ENGLISH), DRAWN, "ahead")
    drawn = {one["name"]: one["data"] for one in options["series"] if "name" in one}
    scores = [one["score"] and round(one["score"], 1) for one in part["windows"]]
    assert drawn["Score"] == [*scores, None, None]
    expected = [round(one["score"], 1) for one in part["forecast"]]
    assert drawn["Expected"] == [None, None, None, scores[-1], *expected]
    spans = [round(one["high80"] - one["low80"], 1) for one in part["forecast"]]
    assert drawn["80% band"] == [*[None] * 4, *spans]
    assert set(drawn) == {"Score", "Expected", "80% band", "95% band"}
    marked = {one["name"]: one["showSymbol"] for one in options["series"] if "showSymbol" in one}
    assert marked == {"Score": True, "Expected": True}  # one alone is seen as well
    windows = [*part["windows"], *part["forecast"]]
    assert options["xAxis"]["data"] == [one["to"][5:] for one in windows]


def test_every_table_that_is_compared_is_named_in_both_languages() -> None:
    for language in (CHINESE, ENGLISH):
        assert [name for name in TABLES if table_named(name, Words(language)) == name] == []


def refused(status: int, message: str, refusal: str = "") -> ApiError:
    return ApiError(status, message, refusal=refusal)


def test_a_refusal_is_said_in_chinese_with_the_servers_sentence_beside() -> None:
    error = refused(409, "generation 'x' is live: promote another first", "is_live")
    said, detail = refusal_said(error, Words(CHINESE))
    assert said == "这个数据版本正在使用，请先启用另一个"
    assert detail == error.message
    assert refusal_said(error, Words(ENGLISH)) == (error.message, "")


def test_what_is_not_known_is_said_by_its_status() -> None:
    assert refusal_said(refused(404, "there is no x"), Words(CHINESE))[0] == "要找的已经不在了"
    assert refusal_said(refused(418, "no coffee"), Words(CHINESE)) == ("服务器拒绝了", "no coffee")
    assert refusal_said(TimeoutError(), Words(CHINESE)) == ("用时太长，没有等到结果", "")
    assert refusal_said(TimeoutError(), Words(ENGLISH))[0] == "it took too long"


def test_whose_pages_are_refused_are_told_of_everybody_in_a_lesson() -> None:
    an, wu = {"person": "an", "class_group": "7-2"}, {"person": "wu", "actions": {}}
    fei, lu = {"person": "fei", "class_group": "9-1"}, {"person": "lu", "actions": {}}
    classes = [{"class_group": name, "took_part": 1} for name in ("7-2", "9-1")]
    report = {"in": {"absent": [an, fei]}, "teachers": [wu, lu], "classes": classes}
    own = Own(frozenset({"an"}), frozenset({"wu"}), frozenset({"7-2"}))
    told = told_whose(report, own)
    for some in (told["in"]["absent"], told["teachers"], told["classes"]):
        assert [one["is_open"] for one in some] == [True, False]
    assert told_whose(report, None) == report


def test_every_refusal_that_is_named_has_words() -> None:
    named = re.compile(r'refusal="(\w+)"')
    sources = (path.read_text(encoding="utf-8") for path in Path(api.__file__).parent.rglob("*.py"))
    found = {name for source in sources for name in named.findall(source)}
    assert {"is_live", "no_scope", "days"} <= found
    assert not {name for name in found if f"refused.{name}" not in WORDS}
