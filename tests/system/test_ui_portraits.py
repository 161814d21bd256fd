"""The pages of classes, lessons, teachers, schools and the district: true numbers, for who may."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from api.ui.formats import percent
from projections.vocabulary import VERB_ANSWERED
from tests.support.accessibility import grave_findings, kind_of, walk
from tests.support.browsing import (
    figure,
    find,
    texts,
    wait_for,
    wait_for_text,
    wait_to_see,
    width_in,
)
from tests.support.lessons import group, key, said
from tests.support.records import statement
from tests.support.small_demo import CLASS, OTHER_CLASS, SCHOOL, SmallDemo, small_demo

NOT_YOURS = "这里不对你开放"


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SmallDemo]:
    with small_demo(tmp_path_factory.mktemp("demo")) as demo:
        yield demo


def class_path(name: str) -> str:
    return f"/ui/classes/{quote(name, safe='')}"


# Classes --------------------------------------------------------------------------------------


def test_a_teacher_finds_the_own_classes_and_a_student_only_the_own_portrait(
    demo: SmallDemo, browser: Chrome
) -> None:
    browser.get(demo.link("/ui/classes", "teacher"))
    wait_to_see(browser, "tbody tr")
    listed = {one["class_group"] for one in demo.ask("/v1/roster/classes", "teacher")["classes"]}
    shown = {row.get_attribute("data-row") for row in find(browser, "tbody tr")}
    assert CLASS in shown
    assert OTHER_CLASS not in shown
    assert shown == listed
    browser.get(demo.address + class_path(OTHER_CLASS))
    wait_for_text(browser, "[role=alert]", NOT_YOURS)
    browser.get(demo.link("/ui/classes", "student"))
    wait_for_text(browser, "[role=alert]", NOT_YOURS)
    assert texts(browser, "nav a") == ["学生", "评价"]


def test_a_class_shows_the_numbers_of_the_api(demo: SmallDemo, browser: Chrome) -> None:
    browser.get(demo.link(class_path(CLASS)))
    wait_to_see(browser, ".xj-heat tbody tr")
    # Of the newest lesson's day, as the weeks up to today are empty.
    on = str(browser.find_element(By.NAME, "on").get_attribute("value"))
    newest = demo.ask("/v1/lessons", class_group=CLASS, limit="1")["lessons"][0]
    assert on == newest["begins"][:10]
    portrait = demo.ask(f"/v1/portraits/classes/{CLASS}", on=on)
    assert figure(browser, "n") == str(portrait["n"]) == "7"
    assert figure(browser, "mean") == percent(portrait["distribution"]["mean"])
    rows = find(browser, ".xj-heat tbody tr")
    assert len(rows) == 7
    for row, student in zip(rows, portrait["heat_map"]["students"], strict=True):
        cells = [cell.text.split() for cell in row.find_elements(By.TAG_NAME, "td")]
        assert row.find_element(By.TAG_NAME, "a").text == student["name"]
        assert cells == [
            ["·"] if cell is None else [percent(cell["probability"]), str(cell["tries"])]
            for cell in student["cells"]
        ]
    risky = {one["person"]: one["reasons"] for one in portrait["at_risk"]}
    shown = {one.get_attribute("data-person"): one for one in find(browser, ".xj-risks > li")}
    assert shown.keys() == risky.keys()
    for person, reasons in risky.items():
        said = [one.text for one in shown[person].find_elements(By.CSS_SELECTOR, "ul li")]
        assert said == [reason["zh"] for reason in reasons]
    lessons = demo.ask("/v1/lessons", class_group=CLASS)["lessons"]
    assert len(find(browser, "[data-row^='https://'] td[data-key=begins]")) == len(lessons)


def test_a_class_page_follows_what_its_students_do(demo: SmallDemo, browser: Chrome) -> None:
    browser.get(demo.link(class_path(CLASS)))
    wait_to_see(browser, ".xj-load-card tbody tr")
    on = str(browser.find_element(By.NAME, "on").get_attribute("value"))
    student = str(demo.ask("/v1/students", "student")["students"][0]["person"])
    home, name = student.removeprefix("account:").split("|")
    row = f".xj-load-card tr[data-row='{student}'] [data-key=answers]"
    before = int(wait_to_see(browser, row).text)
    account = {"account": {"homePage": home, "name": name}}
    answered = statement(verb=VERB_ANSWERED, result={"success": True})
    demo.post(
        "/xapi/statements",
        "publisher",
        json={**answered, "actor": account, "timestamp": f"{on}T10:00:00Z"},
        headers={"X-Experience-API-Version": "2.0.0"},
    )
    wait_for(browser, lambda: wait_to_see(browser, row).text == str(before + 1))


def test_the_heat_map_is_told_in_words_and_walked_by_arrow_keys(
    demo: SmallDemo, browser: Chrome
) -> None:
    browser.get(demo.link(class_path(CLASS)))
    wait_to_see(browser, ".xj-heat tbody td[tabindex='0']").send_keys(Keys.ARROW_DOWN)
    cell = browser.switch_to.active_element
    assert cell.get_attribute("data-at") == "1 0"
    name = find(browser, ".xj-heat tbody th a")[1].text
    wait_for(browser, lambda: name in wait_to_see(browser, ".xj-heat-told").text)
    assert cell.text.split()[0] in wait_to_see(browser, ".xj-heat-told").text
    assert len(find(browser, ".xj-heat tbody td[tabindex='0']")) == 1


def test_a_cell_of_the_heat_map_leads_to_the_answers_behind_it(
    demo: SmallDemo, browser: Chrome
) -> None:
    browser.get(demo.link(class_path(CLASS)))
    cell = wait_to_see(browser, ".xj-heat tbody td a small")
    tries = int(cell.text)
    cell.click()
    wait_for(browser, lambda: len(find(browser, ".xj-facts > li")) == tries)
    browser.back()
    wait_to_see(browser, ".xj-heat-class td a").click()
    wait_to_see(browser, ".xj-facts > li")
    [title] = [
        one["title"]
        for one in demo.ask("/v1/roster/classes")["classes"]
        if one["class_group"] == CLASS
    ]
    assert wait_to_see(browser, "h1").text == f"{title}：依据"


def test_a_class_of_one_subject_and_day_is_told_in_english(
    demo: SmallDemo, browser: Chrome
) -> None:
    browser.get(demo.link(f"{class_path(CLASS)}?on=2025-09-08&subject=mathematics"))
    wait_to_see(browser, ".xj-heat tbody tr")
    find(browser, ".xj-languages a[lang=en]")[0].click()
    wait_for_text(browser, "h2", "Who knows what")
    portrait = demo.ask(f"/v1/portraits/classes/{CLASS}", on="2025-09-08", subject="mathematics")
    assert texts(browser, ".xj-heat-point") == [
        point["names"]["en"] for point in portrait["heat_map"]["points"]
    ]
    assert browser.find_element(By.NAME, "subject").get_attribute("value") == "mathematics"


def test_what_is_not_there_is_said(demo: SmallDemo, browser: Chrome) -> None:
    browser.get(demo.link("/ui/classes", "stranger"))
    wait_for_text(browser, "h1", "没有可以查看的班级")
    browser.get(demo.address + class_path("nowhere"))
    wait_for_text(browser, "h1", "名册里没有这个班级")
    browser.get(demo.link(f"{class_path(CLASS)}?on=2020-01-01"))
    wait_for_text(browser, ".xj-empty", "这一天班里没有学生")


# What a student is to do ----------------------------------------------------------------------


def test_a_student_sees_the_own_mistakes_and_the_plan_of_the_api(
    demo: SmallDemo, browser: Chrome
) -> None:
    browser.get(demo.link("/ui/students", "student"))
    wait_to_see(browser, "td[data-key=name] a").click()
    wait_to_see(browser, ".xj-book-card tbody tr")
    person = browser.current_url.rpartition("/")[2]
    book = demo.ask(f"/v1/students/{person}/mistakes", "student")
    assert [row.get_attribute("data-row") for row in find(browser, ".xj-book-card tbody tr")] == [
        one["item"] for one in book["mistakes"]
    ]
    said = {"wrong": "未订正", "retried": "已重做", "mastered": "已掌握"}
    assert texts(browser, ".xj-book-card td[data-key=state]") == [
        said[one["state"]] for one in book["mistakes"]
    ]
    counts = "，".join(f"{said[state]} {n}" for state, n in book["counts"].items())
    assert wait_to_see(browser, ".xj-book-card .xj-aside").text.startswith(counts)
    plan = demo.ask(f"/v1/students/{person}/homework-plan", "student")
    rows = find(browser, ".xj-plan-card tbody tr")
    assert [row.get_attribute("data-row") for row in rows] == [
        point["knowledge_point"] for point in plan["points"]
    ]
    for row, point in zip(rows, plan["points"], strict=True):
        assert row.find_element(By.CSS_SELECTOR, "[data-key=items]").text == str(point["items"])
        assert all(reason["zh"] in row.text for reason in point["reasons"])
    assert plan["limit"]["zh"] in wait_to_see(browser, ".xj-plan-card").text


# Lessons and teachers -------------------------------------------------------------------------


def first_lesson(demo: SmallDemo) -> dict[str, Any]:
    """Give a lesson of one class that CLASS was in, with homework."""
    lessons = demo.ask("/v1/lessons", class_group=CLASS)["lessons"]
    return next(
        one for one in lessons if len(one["classes"]) == 1 and one["phases"]["post"]["answers"]
    )


def lesson_path(lesson: str) -> str:
    return f"/ui/lessons/{quote(lesson, safe='')}"


def test_the_lessons_that_are_listed_are_those_of_the_api_and_lead_to_reports(
    demo: SmallDemo, browser: Chrome
) -> None:
    browser.get(demo.link("/ui/lessons", "teacher"))
    wait_to_see(browser, "tbody tr")
    listed = demo.ask("/v1/lessons", "teacher", limit="30")["lessons"]
    shown = [str(row.get_attribute("data-row")) for row in find(browser, "tbody tr")]
    assert sorted(shown) == sorted(one["lesson"] for one in listed)
    points = {
        one["lesson"]: "、".join(point["names"]["zh-CN"] for point in one["knowledge_points"])
        for one in listed
    }
    for row in find(browser, "tbody tr"):
        notes = row.find_elements(By.CSS_SELECTOR, "td[data-key=name] small")
        said = "".join(note.text for note in notes)
        assert said == points[str(row.get_attribute("data-row"))]
    first = find(browser, "td[data-key=name] a")[0]
    name = first.text
    first.click()
    wait_for_text(browser, "h1", name)


def test_a_lesson_shows_the_numbers_of_the_api(demo: SmallDemo, browser: Chrome) -> None:
    lesson = first_lesson(demo)["lesson"]
    browser.get(demo.link(lesson_path(lesson)))
    wait_to_see(browser, ".xj-questions > li")
    report = demo.ask(f"/v1/lessons/{quote(lesson, safe='')}")
    during, before = report["in"], report["pre"]
    assert figure(browser, "present") == f"{during['present']} / {during['expected']}"
    assert figure(browser, "previewed") == f"{before['share']['count']} / {before['share']['n']}"
    assert figure(browser, "questions") == str(len(during["questions"]))
    for question in during["questions"]:
        asked = wait_to_see(browser, f"[data-question='{question['number']}']")
        bars = asked.find_elements(By.CSS_SELECTOR, ".xj-responses li")
        assert [bar.text.split() for bar in bars] == [
            [*(["✓"] if one["right"] else []), one["response"], str(one["n"])]
            for one in question["responses"]
        ]
        silent = [one["name"] for one in question["not_answered"] if one["present"]]
        links = asked.find_elements(By.CSS_SELECTOR, ".xj-names a")
        assert [link.text for link in links] == silent
    caption = find(browser, ".xj-questions-card > .xj-note")[0].text
    assert caption.startswith("单位：人 · 数据截至")
    assert texts(browser, ".xj-questions-card .xj-export button") == ["CSV"]
    assert texts(browser, "[data-silent=not_previewed] a") == [
        one["name"] for one in before["not_previewed"]
    ]
    assert len(find(browser, ".xj-homework-card tbody tr")) == sum(
        len(one["learners"]) for one in report["post"]["homework"]
    )
    most = max(bucket["persons"] for bucket in during["timeline"]["buckets"])
    told = find(browser, ".xj-timeline-card [role=img]")[0].get_attribute("aria-label")
    assert f"{most} 人" in str(told)


def test_a_lesson_page_follows_a_lesson_that_goes_on(demo: SmallDemo, browser: Chrome) -> None:
    lesson = "https://demo-district.example/lessons/just-now"

    def post(*statements: dict[str, Any]) -> None:
        version = {"X-Experience-API-Version": "1.0.3"}
        demo.post("/xapi/statements", "publisher", json=list(statements), headers=version)

    def noted(number: int, who: str, second: int, level: float) -> dict[str, Any]:
        at, score = f"2025-09-08T09:00:{second:02}+08:00", {"score": {"scaled": level}}
        given = {"lesson": lesson, "at": at, "phase": "in", "result": score}
        return said(number, who, "paid-attention", lesson, "lesson", **given)

    post(noted(1, "an", 1, 0.5))
    browser.get(demo.link(f"{lesson_path(lesson)}?width=1"))
    row = f".xj-attention-card tr[data-row='{key('an')}'] [data-key=attention]"
    wait_for_text(browser, row, "50%")
    assert find(browser, ".xj-widths [aria-current]")[0].text == "1 秒"
    members = ("an", "bo", "chen")
    together = {"lesson": lesson, "at": "2025-09-08T09:00:07+08:00", "phase": "in"}
    post(
        noted(2, "an", 4, 1.0),
        noted(3, "bo", 4, 0.8),
        said(4, group(*members), "collaborated", "tasks/1", "group-task", **together),
    )
    wait_for_text(browser, row, "75%")
    assert wait_to_see(browser, ".xj-attention-card .xj-aside").text.startswith("专注度中位数 78%")
    assert texts(browser, "[data-group='1'] a") == ["An", "Bo", "Chen"]
    told = find(browser, ".xj-timeline-card [role=img]")[0].get_attribute("aria-label")
    assert "09:00:01 至 09:00:07" in str(told)
    find(browser, f"{row} a")[0].click()
    wait_for(browser, lambda: len(find(browser, ".xj-facts > li")) == 2)


def test_a_teacher_sees_the_own_portrait_and_no_other_teachers(
    demo: SmallDemo, browser: Chrome
) -> None:
    browser.get(demo.link("/ui/lessons", "teacher"))
    wait_to_see(browser, "nav a:last-child").click()
    wait_to_see(browser, ".xj-dimensions-card tbody tr")
    own = unquote(browser.current_url.rpartition("/")[2])
    portrait = demo.ask(f"/v1/portraits/teachers/{quote(own, safe='')}", "teacher")
    assert wait_to_see(browser, "h1").text == portrait["name"]
    assert figure(browser, "acts") == str(portrait["acts"])
    assert texts(browser, ".xj-dimensions-card td[data-key=n]") == [
        str(one["n"]) for one in portrait["dimensions"]
    ]
    other = own.replace("riverside", "cloud-ridge")
    assert other != own
    browser.get(f"{demo.address}/ui/teachers/{quote(other, safe='')}")
    wait_for_text(browser, "[role=alert]", NOT_YOURS)


def test_a_leader_finds_the_own_schools_teachers_and_the_lessons_behind_each(
    demo: SmallDemo, browser: Chrome
) -> None:
    browser.get(demo.link("/ui/teachers", "school_leader"))
    wait_to_see(browser, ".xj-teachers-card tbody tr")
    listed = demo.ask("/v1/teachers", "school_leader", limit="200")["teachers"]
    rows = find(browser, ".xj-teachers-card tbody tr")
    assert [row.get_attribute("data-row") for row in rows] == [one["person"] for one in listed]
    assert len(listed) < len(demo.ask("/v1/teachers", limit="200")["teachers"])
    busy = max(listed, key=lambda one: one["interaction"])
    cell = f"tr[data-row='{busy['person']}'] [data-key=interaction]"
    assert wait_to_see(browser, cell).text == f"{busy['interaction']:.1f}"
    wait_to_see(browser, f"tr[data-row='{busy['person']}'] [data-key=name] a").click()
    links = "[data-dimension=interaction] li a"
    wait_to_see(browser, links)
    path = f"/v1/portraits/teachers/{quote(busy['person'], safe='')}"
    told = {one["dimension"]: one for one in demo.ask(path, "school_leader")["dimensions"]}
    newest = told["interaction"]["lessons"]["newest"]
    assert len(find(browser, links)) == 2 * len(newest)
    find(browser, links)[0].click()
    wait_for_text(browser, "h1", newest[0]["names"]["zh-CN"])


def test_what_there_is_no_evidence_of_is_said(demo: SmallDemo, browser: Chrome) -> None:
    browser.get(demo.link(lesson_path("https://nowhere.example/1")))
    wait_for_text(browser, "h1", "没有这节课的记录")
    browser.get(f"{demo.address}/ui/teachers/nobody")
    wait_for_text(browser, "h1", "没有这位教师的记录")
    browser.get(demo.link("/ui/lessons", "stranger"))
    wait_for_text(browser, "h1", "还没有课堂记录")
    browser.get(f"{demo.address}/ui/schools/nowhere")
    wait_for_text(browser, "h1", "名册里没有这所学校")
    browser.get(f"{demo.address}/ui/district")
    wait_for_text(browser, ".xj-empty", "名册里今天没有学校")


# The district and its schools -----------------------------------------------------------------


def test_the_district_shows_the_numbers_of_the_api(demo: SmallDemo, browser: Chrome) -> None:
    browser.get(demo.link("/ui/district"))
    wait_to_see(browser, ".xj-diagnosis-card tbody tr")
    on = str(browser.find_element(By.NAME, "on").get_attribute("value"))
    portrait = demo.ask("/v1/portraits/district", on=on)
    figures = portrait["key_figures"]
    assert figure(browser, "students") == str(figures["students"]) == "28"
    assert figure(browser, "risky") == str(figures["at_risk"])
    assert figure(browser, "accuracy") == percent(figures["accuracy"])
    cells = {
        f"{cell['subject']} {cell['stage']} {school['school']}": percent(school["mean"])
        for cell in portrait["diagnosis"]
        for school in cell["schools"]
    }
    assert cells
    rows = find(browser, ".xj-diagnosis-card tbody tr")
    assert cells == {
        row.get_attribute("data-row"): row.find_element(By.CSS_SELECTOR, ".xj-interval-text").text
        for row in rows
    }
    assert len(find(browser, ".xj-weak-card tbody tr")) == len(portrait["weak_points"]) > 0
    for of, row in (("schools", "school"), ("apps", "app")):
        ranking = demo.ask("/v1/rankings", month=on[:7], of=of)["ranking"]
        shown = [one.get_attribute("data-row") for one in find(browser, ".xj-ranking-card tr")]
        assert [one[row] for one in ranking] == [
            name for name in shown if name in {one[row] for one in ranking}
        ]


def test_a_school_leader_sees_the_own_school_and_its_classes_only(
    demo: SmallDemo, browser: Chrome
) -> None:
    browser.get(demo.link("/ui/schools", "school_leader"))
    wait_to_see(browser, "td[data-key=name] a").click()
    wait_to_see(browser, ".xj-classes-card tbody tr")
    on = str(browser.find_element(By.NAME, "on").get_attribute("value"))
    portrait = demo.ask(f"/v1/portraits/schools/{SCHOOL}", "school_leader", on=on)
    assert wait_to_see(browser, "h1").text == portrait["name"]
    at_risk = {one["class_group"]: one["at_risk"] for one in portrait["classes"]}
    for row in find(browser, ".xj-classes-card tbody tr"):
        shown = row.find_element(By.CSS_SELECTOR, "td[data-key=risky]").text
        assert shown == str(at_risk[str(row.get_attribute("data-row"))])
    assert [one.get_attribute("data-person") for one in find(browser, ".xj-risks > li")] == [
        one["person"] for one in portrait["at_risk"]
    ]
    [own] = demo.ask("/v1/rankings", "school_leader", month=on[:7])["ranking"]
    assert figure(browser, "rank").split()[0] == str(own["rank"])
    assert [one.get_attribute("data-row") for one in find(browser, ".xj-load-card tbody tr")] == [
        one["class_group"] for one in portrait["load"]["classes"]
    ]
    assert find(browser, ".xj-lessons-card td[data-key=name] a")
    for path in ("/ui/district", "/ui/schools/cloud-ridge", class_path(OTHER_CLASS)):
        browser.get(demo.address + path)
        wait_for_text(browser, "[role=alert]", NOT_YOURS)


def test_the_report_of_a_quarter_says_what_the_api_says_in_both_languages(
    demo: SmallDemo, browser: Chrome
) -> None:
    browser.get(demo.link("/ui/report?quarter=2025-Q3"))
    wait_to_see(browser, ".xj-sentences li")
    report = demo.ask("/v1/reports/quarterly", quarter="2025-Q3")
    assert texts(browser, ".xj-sentences li") == report["text"]["zh"]
    assert figure(browser, "persons") == str(report["figures"]["persons"])
    find(browser, ".xj-languages a[lang=en]")[0].click()
    wait_for_text(browser, "h1", "Report of Q3 2025")
    assert texts(browser, ".xj-sentences li") == report["text"]["en"]
    browser.get(demo.address + "/ui/report?quarter=2020-Q1")
    wait_for_text(browser, ".xj-empty", "No activity yet")


# Everywhere -----------------------------------------------------------------------------------


def test_a_chart_is_saved_as_a_picture_and_as_a_table(
    demo: SmallDemo, browser: Chrome, tmp_path: Path
) -> None:
    allowed = {"behavior": "allow", "downloadPath": str(tmp_path)}
    browser.execute_cdp_cmd("Page.setDownloadBehavior", allowed)
    browser.get(demo.link("/ui/report?quarter=2025-Q3"))
    for button in wait_for(browser, lambda: find(browser, ".xj-figure .xj-export button")):
        button.click()
    picture, table = (tmp_path / f"各月学习活动.{kind}" for kind in ("png", "csv"))
    wait_for(browser, lambda: picture.exists() and table.exists())
    assert picture.read_bytes().startswith(b"\x89PNG")
    months = demo.ask("/v1/reports/quarterly", quarter="2025-Q3")["months"]
    assert table.read_text("utf-8-sig").splitlines()[1:] == [
        f"{one['month']},{one['actions']}" for one in months
    ]


def test_on_paper_there_is_no_navigation_and_no_chart_or_table_is_cut(
    demo: SmallDemo, browser: Chrome
) -> None:
    browser.get(demo.link(lesson_path(first_lesson(demo)["lesson"])))
    wait_to_see(browser, ".xj-chart svg")
    paper = {"width": 700, "height": 1000, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        browser.execute_script("dispatchEvent(new Event('beforeprint'))")
        browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", paper)
        assert not find(browser, "nav, .xj-header-end, .xj-export, .xj-explain, .xj-back")
        cut = browser.execute_script(
            "return [...document.querySelectorAll('.xj-chart svg, .xj-table, .xj-responses')]"
            ".filter((one) => one.getBoundingClientRect().right"
            " > one.closest('.xj-card').getBoundingClientRect().right + 1)"
            ".map((one) => one.outerHTML.slice(0, 200))"
        )
        assert cut == []
        boxes = browser.execute_script(
            "return [...document.querySelectorAll('.xj-chart svg')]"
            ".map((one) => one.getAttribute('viewBox'))"
        )
        assert boxes, "a lesson has charts"
        assert all(str(box).startswith("0 0 ") for box in boxes), "they are scaled, not cut"
        browser.execute_script("dispatchEvent(new Event('afterprint'))")
        assert not find(browser, ".xj-chart svg[viewBox]")
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})


def test_the_pages_fit_a_phone_and_a_projector(demo: SmallDemo, browser: Chrome) -> None:
    lesson = first_lesson(demo)
    teacher = quote(lesson["teachers"][0]["person"], safe="")
    browser.get(demo.link("/ui/classes"))
    for path in (
        "/ui/classes",
        class_path(CLASS),
        "/ui/lessons",
        lesson_path(lesson["lesson"]),
        f"/ui/teachers/{teacher}",
        "/ui/district",
        f"/ui/schools/{SCHOOL}",
        "/ui/report?quarter=2025-Q3",
    ):
        browser.get(demo.address + path)
        wait_to_see(browser, "tbody tr")
        for width in (360, 1920):
            assert width_in(browser, width) <= width, path


def test_no_page_shuts_anybody_out(demo: SmallDemo, browser: Chrome, node_packages: Path) -> None:
    browser.get(demo.link("/ui/students"))
    wait_to_see(browser, "h1")
    scanned = {
        kind_of(address): grave_findings(browser, node_packages)
        for address in walk(browser, f"{demo.address}/ui/students")
    }
    assert {kind: found for kind, found in scanned.items() if found} == {}
    assert len(scanned) >= 15
