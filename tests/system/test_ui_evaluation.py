"""The pages of trajectories, evidence and evaluation: true numbers, down to the statements."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import orjson
import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.keys import Keys

from api.ui.formats import percent
from tests.support.accessibility import grave_findings
from tests.support.browsing import find, texts, wait_for, wait_for_text, wait_to_see, width_in
from tests.support.small_demo import CLASS, OTHER_CLASS, SCHOOL, SmallDemo, small_demo
from tests.support.teacher_tasks import FIRST_PAGE, MOST_CLICKS, TASKS, Task, calibration, steps

NOT_YOURS = "这里不对你开放"
PHONE = 360  # CSS pixels


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallDemo]:
    with small_demo(tmp_path_factory.mktemp("demo"), calibration()) as demo:
        yield demo


@pytest.fixture(scope="module")
def student(demo: SmallDemo) -> str:
    """Give whose portrait the visitor in a student's role may see."""
    [own] = demo.ask("/v1/students", "student")["students"]
    return str(own["person"])


def path_to(page: str, name: str) -> str:
    return f"/ui/{page}/{quote(name, safe='')}"


def trajectory_of(demo: SmallDemo, student: str) -> dict[str, Any]:
    """Give the trajectory as of the newest result, as the page does where it is long ago."""
    path = f"/v1/trajectories/students/{quote(student, safe='')}"
    newest = max(one["last_day"] for one in demo.ask(path)["subjects"])
    return demo.ask(path, until=newest)


# Trajectories ---------------------------------------------------------------------------------


def test_a_trajectory_shows_the_level_and_the_forecast_of_the_api(
    demo: SmallDemo, browser: Chrome, student: str
) -> None:
    browser.get(demo.link(path_to("students", student), "student"))
    rows = wait_for(browser, lambda: find(browser, ".xj-trajectory-card tbody tr"))
    chosen = texts(browser, ".xj-trajectory-card [aria-pressed=true]")
    told = trajectory_of(demo, student)
    names = {"语文": "chinese", "英语": "english", "数学": "mathematics"}
    [subject] = [one for one in told["subjects"] if names[chosen[0]] == one["subject"]]
    assert [row.get_attribute("data-row") for row in rows] == [
        week["week"] for week in subject["forecast"]
    ]
    for row, week in zip(rows, subject["forecast"], strict=True):
        assert f"{week['points']:.0f}" in row.text
        assert f"{week['low80']:.0f}–{week['high80']:.0f}" in row.text
        assert f"{week['low95']:.0f}–{week['high95']:.0f}" in row.text
        assert percent(week["under_pass"]) in row.text
    level = wait_to_see(browser, "[data-said=level]").text
    assert f"约 {subject['level']['points']:.0f} 分" in level
    assert f"依据 {subject['n']} 次成绩" in level
    assert subject["growth"]["why"]["zh"] in wait_to_see(browser, "[data-said=growth]").text
    drawn = find(browser, ".xj-trajectory-card [role=img]")[0]
    assert level in str(drawn.get_attribute("aria-label"))


def test_another_subject_is_chosen_by_keyboard_and_told_in_english(
    demo: SmallDemo, browser: Chrome, student: str
) -> None:
    browser.get(demo.link(path_to("students", student), "student"))
    wait_to_see(browser, ".xj-trajectory-card .xj-tabs button")
    find(browser, ".xj-languages a[lang=en]")[0].click()
    wait_for_text(browser, ".xj-trajectory-card button", "Mathematics")
    [other, *_] = find(browser, ".xj-trajectory-card [aria-pressed=false]")
    name = other.text
    other.send_keys(Keys.ENTER)
    wait_for(browser, lambda: texts(browser, ".xj-trajectory-card [aria-pressed=true]") == [name])
    wait_for_text(browser, ".xj-trajectory-card figcaption", name)


def test_whoever_has_no_results_is_told_so(demo: SmallDemo, browser: Chrome) -> None:
    teacher = demo.ask("/v1/lessons", "teacher")["lessons"][0]["teachers"][0]["person"]
    browser.get(demo.link(path_to("students", teacher)))
    wait_for_text(browser, ".xj-trajectory-card .xj-empty", "还没有成绩")


# Evidence -------------------------------------------------------------------------------------


def test_a_figure_leads_to_its_facts_and_a_fact_opens_to_its_statement(
    demo: SmallDemo, browser: Chrome, student: str
) -> None:
    browser.get(demo.link(path_to("students", student), "student"))
    counted = wait_to_see(browser, ".xj-mastery-card td[data-key=tries] a")
    n = int(counted.text)
    point = counted.find_element("xpath", "ancestor::tr").get_attribute("data-row")
    counted.click()
    facts = wait_for(browser, lambda: find(browser, ".xj-facts > li"))
    asked = {"person": student, "action": "answer", "knowledge_point": str(point)}
    told = demo.ask("/v1/evidence", "student", **asked, known="success")["facts"]
    assert len(facts) == len(told) == n
    shown = [fact.get_attribute("data-statement") for fact in facts]
    assert shown == [fact["statement"] for fact in told]
    assert [("✓" in fact.text, "✗" in fact.text) for fact in facts] == [
        (fact["success"], not fact["success"]) for fact in told
    ]
    find(browser, ".xj-facts summary")[0].send_keys(Keys.ENTER)
    statement = orjson.loads(wait_to_see(browser, ".xj-json").text)
    assert statement["id"] == shown[0]
    assert statement["result"]["success"] == told[0]["success"]
    assert told[0]["lesson"]
    assert told[0]["class_group"]
    assert find(browser, ".xj-fact a") == [], "lessons' reports aren't for students"
    evidence = browser.current_url.removeprefix(demo.address)
    find(browser, ".xj-back")[0].click()
    wait_to_see(browser, ".xj-radar-card")
    browser.get(demo.link(evidence))
    wait_to_see(browser, ".xj-facts summary").click()
    wait_for_text(browser, ".xj-fact a", "打开这节课")


def test_evidence_on_others_is_refused_and_what_cant_be_asked_is_said(
    demo: SmallDemo, browser: Chrome, student: str
) -> None:
    other = student.replace("riverside", "cloud-ridge")
    browser.get(demo.link(f"/ui/evidence?person={quote(other, safe='')}", "student"))
    wait_for_text(browser, "[role=alert]", NOT_YOURS)
    own = f"{demo.address}/ui/evidence?person={quote(student, safe='')}"
    browser.get(f"{own}&lesson=nowhere")
    wait_for_text(browser, ".xj-empty", "没有这样的记录")
    browser.get(f"{own}&action=nothing")
    wait_for_text(browser, "[role=alert]", "there is no action 'nothing'")
    browser.get(f"{own}&phase=nothing")
    wait_for_text(browser, "h1", "网址里有写错的地方")


# Results --------------------------------------------------------------------------------------

SCHEME = "district-comprehensive"


def result_of(demo: SmallDemo, browser: Chrome, whose: str) -> dict[str, Any]:
    """Give the API's answer about the scheme and the days that an open page shows."""
    days = {
        name: str(find(browser, f".xj-choice input[name={name}]")[0].get_attribute("value"))
        for name in ("from", "to")
    }
    return demo.ask(f"/v1/evaluations/{SCHEME}/{whose}", **days)


def test_a_students_page_tells_the_result_in_short_and_leads_to_all_of_it(
    demo: SmallDemo, browser: Chrome, student: str
) -> None:
    browser.get(demo.link(path_to("students", student), "student"))
    wait_to_see(browser, ".xj-short-result tbody tr")
    total = texts(browser, ".xj-short-result [data-figure=total]")[0]
    find(browser, ".xj-short-result .xj-evidence-link")[0].click()
    wait_to_see(browser, ".xj-result-card tbody tr")
    told = result_of(demo, browser, f"students/{quote(student, safe='')}")
    assert texts(browser, "[data-figure=total]") == [total] == [f"{told['total']['score']:.1f}"]
    level = next(one for one in told["levels"] if one["id"] == told["total"]["level"])
    assert texts(browser, "[data-figure=level]") == [f"{level['id']} {level['title']['zh']}"]
    for kind in ("process", "outcome"):
        score = told["kinds"][kind]["score"]
        assert texts(browser, f"[data-figure={kind}]") == [f"{score:.1f}"]
    assert texts(browser, "[data-figure=completeness]") == [percent(told["total"]["completeness"])]
    assert texts(browser, ".xj-sentences li") == [one["zh"] for one in told["explanation"]]
    shown = {
        str(row.get_attribute("data-row")): row
        for row in find(browser, ".xj-indicators-card tbody tr")
    }
    indicators = [one for each in told["dimensions"] for one in each["indicators"]]
    assert list(shown) == [one["id"] for one in indicators]
    for one in indicators:
        row = shown[one["id"]].text
        assert one["missing"]["zh"] in row if one["missing"] else f"{one['score']:.1f}" in row
        assert str(one["evidence"]["facts"]) in row


def test_a_result_shows_the_trajectory_under_the_scheme_to_who_asks_for_it(
    demo: SmallDemo, browser: Chrome, student: str
) -> None:
    browser.get(demo.link(path_to("evaluations/students", student), "student"))
    wait_to_see(browser, ".xj-result-card tbody tr")
    assert not find(browser, ".xj-scheme-ahead-card tbody tr")
    to = str(find(browser, ".xj-choice input[name=to]")[0].get_attribute("value"))
    find(browser, ".xj-scheme-ahead-card .xj-quiet-button")[0].click()
    rows = wait_for(browser, lambda: find(browser, ".xj-scheme-ahead-card tbody tr"))
    told = demo.ask(f"/v1/evaluations/{SCHEME}/trajectories/{quote(student, safe='')}", to=to)
    windows = told["total"]["windows"]
    assert [row.get_attribute("data-row") for row in rows] == [one["from"] for one in windows]
    assert f"{windows[-1]['score']:.1f}" in rows[-1].text
    said = texts(browser, ".xj-scheme-ahead-card .xj-sentences li")
    assert said == [told["total"]["why"]["zh"]]  # so few can foretell nothing
    tabs = find(browser, ".xj-scheme-ahead-card .xj-tabs button")
    names = [one["title"]["zh"] for one in told["dimensions"]]
    assert [tab.text for tab in tabs] == ["总分", *names]
    tabs[1].click()
    chosen = ".xj-scheme-ahead-card .xj-tabs [aria-pressed=true]"
    wait_for_text(browser, chosen, names[0])


def test_an_indicator_leads_to_exactly_the_facts_that_its_score_rests_on(
    demo: SmallDemo, browser: Chrome, student: str
) -> None:
    browser.get(demo.link(path_to("evaluations/students", student), "student"))
    wait_to_see(browser, ".xj-indicators-card tbody tr")
    told = result_of(demo, browser, f"students/{quote(student, safe='')}")
    one = next(
        one
        for each in told["dimensions"]
        for one in each["indicators"]
        if one["id"] == "preview-check"
    )
    find(browser, "tr[data-row=preview-check] td[data-key=evidence] a")[0].click()
    facts = wait_for(browser, lambda: find(browser, ".xj-facts > li"))
    assert [fact.get_attribute("data-statement") for fact in facts] == [
        fact["statement"] for fact in demo.ask(one["evidence"]["link"], "student")["facts"]
    ]
    find(browser, ".xj-languages a[lang=en]")[0].click()
    wait_for_text(browser, ".xj-back", "Back")
    find(browser, ".xj-back")[0].click()
    wait_to_see(browser, ".xj-indicators-card tbody tr")


def test_a_classs_result_has_a_line_for_each_student_of_the_api_in_english_too(
    demo: SmallDemo, browser: Chrome
) -> None:
    browser.get(demo.link("/ui/evaluations", "teacher"))
    wait_to_see(browser, f"[data-row='classes {CLASS}'] a").click()
    rows = wait_for(browser, lambda: find(browser, ".xj-members-card tbody tr"))
    told = result_of(demo, browser, f"classes/{CLASS}")
    members = {one["person"]: one for one in told["members"]}
    assert {row.get_attribute("data-row") for row in rows} == members.keys()
    for row in rows:
        one = members[str(row.get_attribute("data-row"))]
        assert one["name"] in row.text
        assert f"{one['score']:.1f}" in row.text
        assert f"{one['process']:.1f}" in row.text
    assert texts(browser, "[data-figure=mean]") == [f"{told['total']['mean']:.1f}"]
    find(browser, ".xj-languages a[lang=en]")[0].click()
    wait_for_text(browser, "h2", "Each student's result")
    for path in (f"classes/{OTHER_CLASS}", f"schools/{SCHOOL}", "district"):
        browser.get(f"{demo.address}/ui/evaluations/{path}")
        wait_for_text(browser, "[role=alert]", "This is not open to you")


def test_the_district_tells_its_schools_by_another_scheme(demo: SmallDemo, browser: Chrome) -> None:
    browser.get(demo.link("/ui/evaluations/district?scheme=football&from=2025-09-08&to=2025-09-12"))
    wait_for_text(browser, ".xj-person", "足球养志")
    told = demo.ask(
        "/v1/evaluations/football/district", **{"from": "2025-09-08", "to": "2025-09-12"}
    )
    rows = find(browser, ".xj-group-parts-card tbody tr")
    schools = {one["id"]: one["mean"] for one in told["schools"]}
    assert {row.get_attribute("data-row") for row in rows} == schools.keys()
    for row in rows:
        mean = schools[str(row.get_attribute("data-row"))]
        assert ("—" if mean is None else f"{mean:.1f}") in row.text


def test_what_no_result_can_be_given_of_is_said(demo: SmallDemo, browser: Chrome) -> None:
    browser.get(demo.link("/ui/evaluations/district?scheme=nothing"))
    wait_for_text(browser, ".xj-message", "没有“nothing”这个评价方案")
    browser.get(f"{demo.address}/ui/evaluations/district?from=2025-09-08&to=2025-09-01")
    wait_for_text(browser, ".xj-message", "起止日期不对")
    browser.get(f"{demo.address}/ui/evaluations/students/nobody")
    wait_for_text(browser, ".xj-message", "名册和学习记录里都没有")
    browser.get(f"{demo.address}/ui/evaluations/schemes/nothing")
    wait_for_text(browser, ".xj-message", "没有“nothing”这个评价方案")


# Schemes --------------------------------------------------------------------------------------


def test_a_scheme_is_told_with_what_it_extends(demo: SmallDemo, browser: Chrome) -> None:
    browser.get(demo.link("/ui/evaluations", "student"))
    wait_to_see(browser, "[data-row=role-model-badges] a").click()
    rows = wait_for(browser, lambda: find(browser, ".xj-scheme-card tbody tr"))
    told = demo.ask("/v1/schemes/role-model-badges", "student")
    weights = {}
    for dimension in told["scheme"]["dimensions"]:
        weights[dimension["id"]] = dimension["weight"]
        for one in dimension["indicators"]:
            weights[f"{dimension['id']}.{one['id']}"] = one["weight"]
    assert {
        str(row.get_attribute("data-row")): row.find_element(
            "css selector", "[data-key=weight]"
        ).text
        for row in rows
    } == {name: f"{weight:g}%" for name, weight in weights.items()}
    assert told["text"].strip() == wait_to_see(browser, "pre").text.strip()


def weigh(browser: Chrome, name: str, weight: str) -> None:
    """Type a weight into the field beside its slider."""
    field = wait_to_see(browser, f"[data-weight='{name}'] input[type=number]")
    field.send_keys(Keys.CONTROL, "a")
    field.send_keys(weight + Keys.TAB)


def choose_day(browser: Chrome, name: str, day: str) -> None:
    field = wait_to_see(browser, f"input[name={name}]")
    browser.execute_script(
        "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input'))",
        field,
        day,
    )


def document_of(browser: Chrome) -> str:
    return str(wait_to_see(browser, ".xj-yaml textarea").get_attribute("value"))


def test_a_draft_is_weighed_checked_tried_out_and_published(
    demo: SmallDemo, browser: Chrome
) -> None:
    browser.get(demo.link("/ui/evaluations/schemes/football/draft", "publisher"))
    wait_to_see(browser, ".xj-valid")
    first = document_of(browser)
    dimensions = demo.ask("/v1/schemes/football")["scheme"]["dimensions"]
    one, other = dimensions[0], dimensions[1]
    weigh(browser, one["id"], f"{one['weight'] + 7:g}")
    wait_for_text(browser, ".xj-wrong", "合计 107%，应为 100%")
    told = demo.post("/v1/schemes/check", content=document_of(browser).encode())
    shown = [int(str(li.get_attribute("data-line"))) for li in find(browser, ".xj-faults li")]
    assert shown == [fault["line"] for fault in told["faults"]]
    assert told["faults"][0]["suggestion"]["zh"] in find(browser, ".xj-faults li")[0].text
    assert [button.is_enabled() for button in find(browser, ".xj-links button")] == [False, False]
    weigh(browser, other["id"], f"{other['weight'] - 7:g}")
    wait_to_see(browser, ".xj-valid")
    draft = document_of(browser)
    assert sum(a != b for a, b in zip(first, draft, strict=False)) > 0
    assert demo.post("/v1/schemes/check", content=draft.encode())["valid"]
    find(browser, ".xj-links button")[0].click()
    wait_for_text(browser, ".xj-what-if p", "名学生中")
    days = texts(browser, ".xj-what-if .xj-aside")[0].partition(" · ")[0].split(" 至 ")
    asked = {"from": days[0], "to": days[1]}
    answer = demo.post("/v1/evaluations/football/what-if", params=asked, json={"document": draft})
    said = f"{answer['students']} 名学生中 {answer['changed']} 名等第改变"
    assert said in texts(browser, ".xj-what-if p")[0]
    changed = [row.get_attribute("data-row") for row in find(browser, ".xj-what-if tbody tr")]
    assert changed[len(answer["moves"]) :] == [each["person"] for each in answer["changes"]]
    choose_day(browser, "what-if-to", days[0])
    choose_day(browser, "what-if-from", days[1])
    find(browser, ".xj-links button")[0].click()
    wait_for_text(browser, ".xj-what-if [role=alert]", "起止日期不对")
    choose_day(browser, "what-if-from", days[0])
    find(browser, ".xj-links button")[0].click()
    wait_for_text(browser, ".xj-what-if .xj-aside", f"{days[0]} 至 {days[0]}")
    find(browser, ".xj-links button")[1].click()
    wait_to_see(browser, ".xj-links button:nth-of-type(3)").click()
    wait_for_text(browser, "[role=status]", "已发布，第 1 版")
    published = demo.ask("/v1/schemes/football")
    assert published["origin"] == "published"
    assert published["text"] == draft
    find(browser, "[role=status] a")[0].click()
    wait_to_see(browser, ".xj-withdraw-card .xj-quiet-button").click()
    wait_to_see(browser, ".xj-withdraw-card .xj-button").click()
    wait_for_text(browser, ".xj-withdraw-card [role=status]", "已撤回")
    wait_for(browser, lambda: demo.ask("/v1/schemes/football")["origin"] == "shipped")


def test_a_leaders_draft_is_of_the_own_school_and_faults_are_told_while_typing(
    demo: SmallDemo, browser: Chrome
) -> None:
    browser.get(demo.link("/ui/evaluations/schemes/role-model-badges/draft", "school_leader"))
    wait_to_see(browser, ".xj-valid")
    assert f"school: {SCHOOL}" in document_of(browser)
    assert [button.is_enabled() for button in find(browser, ".xj-links button")] == [True, True]
    field = wait_to_see(browser, ".xj-yaml textarea")
    field.send_keys(Keys.CONTROL, Keys.END)
    field.send_keys("\nlevls: []\n")
    wait_for_text(browser, ".xj-faults li", "是不是 levels？")
    browser.get(demo.link("/ui/evaluations/schemes/role-model-badges/draft", "teacher"))
    wait_for_text(browser, "[role=alert]", NOT_YOURS)


def test_two_schemes_are_compared_with_what_each_weighs(demo: SmallDemo, browser: Chrome) -> None:
    browser.get(demo.link("/ui/evaluations/schemes/role-model-badges/comparison", "student"))
    rows = wait_for(browser, lambda: find(browser, ".xj-compare-card tbody tr"))
    shown = {str(row.get_attribute("data-row")): row.text for row in rows}
    schemes = [
        {one["id"]: one for one in demo.ask(f"/v1/schemes/{name}")["scheme"]["dimensions"]}
        for name in ("role-model-badges", SCHEME)
    ]
    assert {name for name in shown if "." not in name} == schemes[0].keys() | schemes[1].keys()
    for name, one in schemes[0].items():
        assert f"{one['weight']:g}%" in shown[name]
        if name not in schemes[1]:
            assert "只在前一个方案" in shown[name]
        elif one["weight"] != schemes[1][name]["weight"]:
            assert f"权重 {schemes[1][name]['weight'] - one['weight']:+g}" in shown[name]


# A teacher's five tasks -----------------------------------------------------------------------


@pytest.mark.parametrize("task", TASKS, ids=lambda task: task.name)
def test_a_teachers_task_takes_three_clicks_at_most(
    demo: SmallDemo, browser: Chrome, student: str, task: Task
) -> None:
    browser.get(demo.link(FIRST_PAGE, "teacher"))
    wait_to_see(browser, "tbody tr")
    assert len(list(steps(browser, task, student))) <= MOST_CLICKS


def test_a_classs_homework_and_warnings_are_those_of_the_api(
    demo: SmallDemo, browser: Chrome
) -> None:
    browser.get(demo.link(path_to("classes", CLASS), "teacher"))
    rows = wait_for(browser, lambda: find(browser, ".xj-class-homework-card tbody tr"))
    shown = {str(row.get_attribute("data-row")): row for row in rows}
    on = texts(browser, ".xj-warned-card .xj-aside")[0][:10]
    assert len(shown) == len(demo.ask(f"/v1/portraits/classes/{CLASS}", on=on)["students"])
    for person in sorted(shown)[:2]:
        plan = demo.ask(f"/v1/students/{quote(person, safe='')}/homework-plan", "teacher")
        items = shown[person].find_element("css selector", "[data-key=items]").text
        assert items == str(plan["items"])
    warned = demo.ask("/v1/early-warnings", "teacher", on=on, class_group=CLASS)["warnings"]
    reasons = [reason["zh"] for one in warned for reason in one["reasons"]]
    said = texts(browser, ".xj-warned-card [data-reason]")
    assert len(said) == len(reasons)
    assert all(any(reason in one for one in said) for reason in reasons)


def pages_of(student: str) -> dict[str, str]:
    """Give the pages of this module by what is there once all of a page is."""
    return {
        "/ui/evaluations": "tbody tr",
        path_to("students", student): ".xj-trajectory-card tbody tr",
        path_to("classes", CLASS): ".xj-class-homework-card tbody tr",
        path_to("evaluations/students", student): ".xj-indicators-card tbody tr",
        path_to("evaluations/classes", CLASS): ".xj-members-card tbody tr",
        "/ui/evaluations/district": ".xj-group-parts-card tbody tr",
        f"/ui/evidence?person={quote(student, safe='')}": ".xj-facts > li",
        f"/ui/evaluations/schemes/{SCHEME}": ".xj-scheme-card tbody tr",
        f"/ui/evaluations/schemes/{SCHEME}/comparison": ".xj-compare-card tbody tr",
        f"/ui/evaluations/schemes/{SCHEME}/draft": ".xj-valid",
    }


def test_the_pages_of_evaluation_shut_nobody_out_and_fit_a_phone(
    demo: SmallDemo, browser: Chrome, student: str, node_packages: Path
) -> None:
    browser.get(demo.link("/ui/evaluations", "publisher"))
    found, widths = {}, {}
    for path, there in pages_of(student).items():
        browser.get(demo.address + path)
        wait_to_see(browser, there)
        found[path] = grave_findings(browser, node_packages)
        widths[path] = width_in(browser, PHONE)
    assert {path: grave for path, grave in found.items() if grave} == {}
    assert {path: width for path, width in widths.items() if width > PHONE} == {}
