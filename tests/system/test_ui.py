"""The pages as people meet them: a real server, a real browser, true numbers, and nothing leaks."""

import csv
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import httpx
import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select

from api.key_commands import opened_credentials
from api.settings import Settings
from api.ui.formats import percent
from api.ui.pages.student_work import PAGE_SIZE as BOOK_SIZE
from api.ui.pages.students import PAGE_SIZE
from projections.dead_letters import DeadLetter
from projections.vocabulary import TYPE_BADGE, TYPE_DEED, VERB_EARNED
from projections.warehouse import Warehouse
from tests.support.browsing import (
    figure,
    find,
    path_of,
    sign_in,
    texts,
    wait_for,
    wait_for_text,
    wait_to_see,
    width_in,
)
from tests.support.chromium import forget
from tests.support.clickhouse import ClickHouseServer
from tests.support.histories import SCHOOL, answer, person_key, point_id
from tests.support.servers import Key, Server, running_server

STORE = "district"
LIVE = 2.0  # seconds within which a statement is on an open page
RESOURCES = "return performance.getEntriesByType('resource').map(entry => entry.name)"
ATTACK = "<img src=x onerror=alert(1)>"
NAMES = {"ming": "小明", "hong": "小红", "li": "李雷", "mei": "韩梅梅", "x": ATTACK, "wei": "王伟"}
POINTS = ("fractions", "decimals", "equations")


def statements_of_a_class() -> Iterator[dict[str, Any]]:
    """Give six students' answers in three phases of four days, one point wrong more than others."""
    for place, (account, name) in enumerate(NAMES.items()):
        for number in range(12 + 3 * place):
            yield unstored(
                answer(
                    person=account,
                    name=name,
                    item=f"item-{number % 9}",
                    points=[POINTS[number % 3]],
                    success=(number + place) % (2 + number % 3) > 0,
                    phase=("pre", "in", "post")[number % 3],
                    after=timedelta(hours=7 * number, minutes=place),
                )
            )


def unstored(statement: dict[str, Any]) -> dict[str, Any]:
    """Give a statement as an app posts it."""
    return {name: value for name, value in statement.items() if name not in ("stored", "authority")}


def make_keys(data_directory: Path) -> dict[str, Key]:
    """Make the credentials of all tests at once, before the server starts."""
    scopes = {
        "writer": (STORE, "statements/write"),
        "教研组": (STORE, "projections/read"),
        "离职教师": (STORE, "projections/read"),
        "新学校": ("new-school", "all"),
        "小学校": ("small-school", "all"),
        "大学校": ("big-school", "all"),
        "外校": ("elsewhere", "projections/read"),
        "运维": (STORE, "operate"),
    }
    with opened_credentials(Settings(data_directory=data_directory)) as credentials:
        made = {app: credentials.add(store, app, [scope]) for app, (store, scope) in scopes.items()}
    return {app: Key(credential.key, secret) for app, (credential, secret) in made.items()}


class Site:
    """A server, and who may do what there."""

    def __init__(self, server: Server, keys: dict[str, Key]) -> None:
        self.server = server
        self.address = server.address
        self.keys = keys
        self.writer, self.viewer = keys["writer"], keys["教研组"]
        self.http = httpx.Client(
            base_url=self.address, auth=(self.viewer.key, self.viewer.secret), timeout=30
        )

    def post(self, *statements: dict[str, Any], key: Key | None = None) -> int:
        """Post statements; gives the log position of the last one."""
        key = key or self.writer
        posted = self.http.post(
            "/xapi/statements",
            json=list(statements),
            headers={"X-Experience-API-Version": "1.0.3"},
            auth=(key.key, key.secret),
        )
        assert posted.status_code == 200, posted.text
        return int(posted.headers["X-Xueji-Position"])

    def portrait(self, account: str, after: int | None = None, **asked: str) -> dict[str, Any]:
        query = asked if after is None else {**asked, "after": str(after)}
        person = quote(person_key(account), safe="")
        found = self.http.get(f"/v1/portraits/students/{person}", params=query)
        assert found.status_code == 200, found.text
        portrait: dict[str, Any] = found.json()
        return portrait

    def link(self, key: Key | None = None, wanted: str = "/ui/students") -> str:
        """Give a one-time link that signs in and leads to a page."""
        key = key or self.viewer
        made = self.http.post("/ui/tickets", auth=(key.key, key.secret))
        assert made.status_code == 201, made.text
        return f"{self.address}{made.json()['path']}&wanted={quote(wanted, safe='')}"


def student_path(account: str) -> str:
    return f"/ui/students/{quote(person_key(account), safe='')}"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    keys = make_keys(folder)
    with running_server(folder) as server:
        site = Site(server, keys)
        position = site.post(*statements_of_a_class())
        site.portrait("ming", after=position)
        yield site


# Signing in -----------------------------------------------------------------------------------


def test_who_is_not_signed_in_is_asked_to_and_then_led_to_what_was_wanted(
    site: Site, browser: Chrome
) -> None:
    browser.get(site.address + student_path("ming"))
    assert path_of(browser) == "/ui/sign-in"
    sign_in(browser, site.viewer.key, site.viewer.secret)
    wait_for_text(browser, "h1", "小明")
    assert path_of(browser) == urlsplit(student_path("ming")).path
    assert "教研组" in browser.find_element(By.TAG_NAME, "header").text


def test_nobody_learns_why_signing_in_was_refused(site: Site, browser: Chrome) -> None:
    said = []
    wrong = [
        ("nobody", site.viewer.secret),
        (site.viewer.key, "not-the-secret"),
        (site.writer.key, site.writer.secret),  # right, but it may not view portraits
    ]
    for key, secret in wrong:
        browser.get(f"{site.address}/ui/sign-in")
        sign_in(browser, key, secret)
        said.append(wait_to_see(browser, "[role=alert]").text)
        assert "notice=wrong" in browser.current_url
        assert secret not in browser.current_url
    assert set(said) == {"账号或密码不对，或者这个账号不能查看学生画像。"}
    browser.get(f"{site.address}/ui/students")
    assert path_of(browser) == "/ui/sign-in"


def test_a_one_time_link_works_once(site: Site, browser: Chrome) -> None:
    link = site.link()
    browser.get(link)
    wait_for_text(browser, "h1", "学生")
    forget(browser)
    browser.get(link)
    assert path_of(browser) == "/ui/sign-in"
    assert "只能用一次" in wait_to_see(browser, "[role=alert]").text


def test_who_signs_out_is_a_stranger_again(site: Site, browser: Chrome) -> None:
    browser.get(site.link())
    wait_to_see(browser, "form[action$=sign-out] button").click()
    wait_for_text(browser, "[role=status]", "已退出登录")
    browser.get(f"{site.address}/ui/students")
    assert path_of(browser) == "/ui/sign-in"


def test_a_revoked_credential_closes_open_pages_and_opens_none(site: Site, browser: Chrome) -> None:
    key = site.keys["离职教师"]
    browser.get(site.link(key, student_path("wei")))
    wait_for_text(browser, "h1", "王伟")
    site.server.command("keys", "revoke", key.key)
    site.post(unstored(answer(person="wei", name="王伟", after=timedelta(days=30))))
    wait_for(browser, lambda: path_of(browser) == "/ui/sign-in")
    browser.get(f"{site.address}/ui/students")
    assert path_of(browser) == "/ui/sign-in"
    assert site.http.post("/ui/tickets", auth=(key.key, key.secret)).status_code == 401


def test_what_is_pressed_on_an_open_page_does_nothing_for_who_was_revoked(
    site: Site, browser: Chrome
) -> None:
    settings = Settings(data_directory=Path(site.server.environment["XUEJI_DATA_DIRECTORY"]))
    with opened_credentials(settings) as credentials:
        made, secret = credentials.add(STORE, "was here", ["all"])
        key = Key(made.key, secret)
        person = quote(person_key("ming"), safe="")
        browser.get(site.link(key, f"/ui/evidence?person={person}"))
        wait_to_see(browser, ".xj-facts summary")
        facts = browser.current_window_handle
        browser.switch_to.new_window("tab")
        browser.get(f"{site.address}/ui/evaluations/schemes/football/draft")
        wait_to_see(browser, ".xj-valid")
        find(browser, ".xj-links button")[1].click()
        surely = wait_to_see(browser, ".xj-links button:nth-of-type(3)")
        credentials.revoke(key.key)
    surely.click()
    wait_for(browser, lambda: path_of(browser) == "/ui/sign-in")
    browser.close()
    browser.switch_to.window(facts)
    find(browser, ".xj-facts summary")[0].click()
    wait_for(browser, lambda: path_of(browser) == "/ui/sign-in")
    schemes = site.http.get("/v1/schemes").json()["schemes"]
    assert {one["id"]: one["origin"] for one in schemes}["football"] != "published"


def test_a_session_planted_beforehand_opens_nothing(site: Site) -> None:
    with httpx.Client(base_url=site.address) as planter, httpx.Client(base_url=site.address) as one:
        planter.get("/ui/sign-in")
        one.cookies.update(planter.cookies)
        form = {"key": site.viewer.key, "secret": site.viewer.secret}
        assert one.post("/ui/sign-in", data=form).headers["location"] == "/ui/students"
        assert one.get("/ui/students").status_code == 200
        assert planter.get("/ui/students").headers["location"] == "/ui/sign-in"


def test_a_form_sent_by_another_site_is_refused(site: Site) -> None:
    form = {"key": site.viewer.key, "secret": site.viewer.secret}
    for elsewhere in (
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": site.address},
        {"Origin": "http://elsewhere.example"},  # of an older browser, or over plain http
        {"Origin": "http://["},
        {"Origin": "null"},
    ):
        for path in ("/ui/sign-in", "/ui/sign-out"):
            assert site.http.post(path, data=form, headers=elsewhere).status_code == 403


def test_a_form_of_our_own_is_taken_by_any_browser(site: Site) -> None:
    form = {"key": site.viewer.key, "secret": site.viewer.secret}
    for own in (
        {},
        {"Origin": site.address},
        {"Origin": site.address.replace("http", "https")},  # by a proxy that doesn't say so
        {"Sec-Fetch-Site": "same-origin", "Origin": site.address},
        {"Sec-Fetch-Site": "none"},
    ):
        with httpx.Client(base_url=site.address, headers=own) as one:
            assert one.post("/ui/sign-in", data=form).headers["location"] == "/ui/students"


def test_a_ticket_needs_a_credential_that_may_view(site: Site) -> None:
    assert httpx.post(f"{site.address}/ui/tickets").status_code == 401
    writer = (site.writer.key, site.writer.secret)
    assert site.http.post("/ui/tickets", auth=writer).status_code == 403


# Students -------------------------------------------------------------------------------------


def test_the_list_shows_the_students_that_the_api_lists(site: Site, browser: Chrome) -> None:
    browser.get(site.link())
    wait_to_see(browser, "tbody tr")
    listed = site.http.get("/v1/students").json()["students"]
    assert len(listed) == len(NAMES)
    assert texts(browser, "td[data-key=name] a") == [one["name"] for one in listed]
    assert texts(browser, "td[data-key=facts]") == [str(one["facts"]) for one in listed]
    find(browser, "td[data-key=name] a")[0].click()
    wait_for_text(browser, "h1", listed[0]["name"])


def test_a_student_is_found_by_a_part_of_the_name(site: Site, browser: Chrome) -> None:
    browser.get(site.link())
    search = wait_to_see(browser, "input[type=search]")
    search.send_keys("梅")
    wait_for(browser, lambda: texts(browser, "td[data-key=name] a") == ["韩梅梅"])
    search.send_keys("花")
    wait_for_text(browser, "[role=status]", "没有找到“梅花”")


def test_a_long_list_is_turned_page_by_page(site: Site, browser: Chrome) -> None:
    key = site.keys["大学校"]
    names = [f"学生{number:02}" for number in range(PAGE_SIZE + 3)]
    posted = [unstored(answer(person=name, name=name)) for name in names]
    position = site.post(*posted, key=key)
    site.portrait("ming", after=position)
    browser.get(site.link(key))
    wait_for(browser, lambda: texts(browser, "td[data-key=name] a") == names[:PAGE_SIZE])
    earlier, later = find(browser, ".xj-pager button")
    assert (earlier.is_enabled(), later.is_enabled()) == (False, True)
    later.click()
    wait_for(browser, lambda: texts(browser, "td[data-key=name] a") == names[PAGE_SIZE:])
    assert (earlier.is_enabled(), later.is_enabled()) == (True, False)
    earlier.click()
    wait_for(browser, lambda: texts(browser, "td[data-key=name] a") == names[:PAGE_SIZE])


def test_an_empty_store_says_how_to_post_and_shows_the_first_student_by_itself(
    site: Site, browser: Chrome
) -> None:
    key = site.keys["新学校"]
    browser.get(site.link(key))
    wait_for_text(browser, "h2", "还没有学习记录")
    shown = " ".join(texts(browser, "pre"))
    assert f"{site.address}/xapi/statements" in shown
    assert "xueji keys add --store new-school" in shown
    site.post(unstored(answer(person="first", name="第一名")), key=key)
    wait_for(browser, lambda: texts(browser, "td[data-key=name] a") == ["第一名"])
    assert texts(browser, "pre") == []


# A student ------------------------------------------------------------------------------------


def test_a_portrait_shows_the_numbers_of_the_api(site: Site, browser: Chrome) -> None:
    browser.get(site.link(wanted=student_path("mei")))
    portrait = site.portrait("mei")
    phases = portrait["activity"]["phases"]
    answers = sum(phase["answers"] for phase in phases)
    correct = sum(phase["correct"] for phase in phases)
    assert figure(browser, "answers") == str(answers) == "21"
    assert figure(browser, "accuracy") == f"{round(100 * correct / answers)}%"
    assert figure(browser, "points") == str(len(portrait["mastery"])) == "3"

    rows = find(browser, ".xj-mastery-card tbody tr")
    by_probability = sorted(portrait["mastery"], key=lambda point: point["probability"])
    shown = [row.text.split()[1:5] for row in rows]
    assert shown == [
        [
            point["names"]["zh-CN"].removeprefix("知识点 "),
            f"{round(100 * point['probability'])}%",
            str(point["tries"]),
            str(point["successes"]),
        ]
        for point in by_probability
    ]
    for which in ("weakest", "strongest"):
        names = [point["names"]["zh-CN"] for point in portrait[which]]
        assert texts(browser, f"[data-points={which}] span") == names
    assert texts(browser, ".xj-activity-card td[data-key=actions]") == [
        str(phase["actions"]) for phase in phases
    ]


def test_the_radar_draws_what_there_is_evidence_of_and_says_what_it_rests_on(
    site: Site, browser: Chrome
) -> None:
    browser.get(site.link(wanted=student_path("mei")))
    for dimension in site.portrait("mei")["radar"]:
        item = wait_to_see(browser, f"[data-dimension={dimension['dimension']}]")
        if dimension["value"] is None:
            assert item.text.split("\n")[1] == "证据还不够"
            continue
        assert item.text.split("\n")[1] == str(round(100 * dimension["value"]))
        assert str(dimension["n"]) in item.text.split("\n")[2]
        assert str(round(100 * dimension["value"])) in wait_to_see(browser, ".xj-radar svg").text
        assert f"全体学生 {round(100 * dimension['class']['value'])}" in item.text
    told = str(find(browser, ".xj-radar [role=img]")[0].get_attribute("aria-label"))
    assert "学情雷达图" in told
    assert "全体学生" in told
    drawn = wait_to_see(browser, ".xj-radar svg")
    assert "现在" in drawn.text
    assert "全体学生" in drawn.text
    lines = {
        path.get_attribute("stroke-dasharray")
        for path in drawn.find_elements(By.CSS_SELECTOR, "path[stroke-width='2.5']")
    }
    assert len(lines) == 2, "each series has a line of its own"
    assert "“之前”有的方面证据不够" in wait_to_see(browser, ".xj-radar figcaption").text


def test_strong_and_weak_points_say_why_and_mastery_how_it_stands_beside_others(
    site: Site, browser: Chrome
) -> None:
    browser.get(site.link(wanted=student_path("mei")))
    wait_to_see(browser, "[data-points=weakest] li")
    portrait = site.portrait("mei")
    said = {
        "low": "不到 60%",
        "below_class": "低于全体学生平均",
        "lowest_of_own": "只是自己的知识点中较低的",
        "high": "达到 85%",
        "above_class": "高于全体学生平均",
        "highest_of_own": "只是自己的知识点中较高的",
    }
    for which in ("weakest", "strongest"):
        shown = texts(browser, f"[data-points={which}] .xj-reasons")
        for point, text in zip(portrait[which], shown, strict=True):
            assert all(said[one["reason"]] in text for one in point["reasons"])
    for point in portrait["mastery"]:
        row = f".xj-mastery-card [data-row='{point['knowledge_point']}']"
        mean = wait_to_see(browser, f"{row} [data-key=class]").text
        assert mean.startswith(percent(point["class"]["probability"]))
        assert f"全体学生 {point['class']['persons']} 人" in mean
        assert wait_to_see(browser, f"{row} [data-key=change]").text == "—"


def test_what_is_saved_of_a_table_has_the_ends_of_intervals_and_the_notes(
    site: Site, browser: Chrome, tmp_path: Path
) -> None:
    allowed = {"behavior": "allow", "downloadPath": str(tmp_path)}
    browser.execute_cdp_cmd("Page.setDownloadBehavior", allowed)
    browser.get(site.link(wanted=student_path("mei")))
    wait_to_see(browser, ".xj-mastery-card .xj-export button").click()
    find(browser, ".xj-radar .xj-export button")[1].click()
    mastery, radar = (tmp_path / f"{name}.csv" for name in ("知识点掌握情况", "学情雷达图"))
    wait_for(browser, lambda: mastery.exists() and radar.exists())
    portrait = site.portrait("mei")
    saved = list(csv.DictReader(mastery.read_text("utf-8-sig").splitlines()))
    points = {point["names"]["zh-CN"]: point for point in portrait["mastery"]}
    assert {one["知识点"] for one in saved} == points.keys()
    for one in saved:
        point, name = points[one["知识点"]], "掌握程度（0–100%）"
        ends = [one[f"{name}：{end}"] for end in ("下限", "上限")]
        assert ends == [percent(point["low"]), percent(point["high"])]
        n = point["class"]["persons"]
        assert one["本班或全体平均：说明"] == f"全体学生 {n} 人"
    sides = list(csv.reader(radar.read_text("utf-8-sig").splitlines()))
    assert sides[0] == ["", "现在", "之前", "全体学生", "依据"]
    assert [int(side[4]) for side in sides[1:]] == [one["n"] for one in portrait["radar"]]


def test_a_subject_and_days_are_chosen_on_the_page(site: Site, browser: Chrome) -> None:
    chosen = {"subject": "mathematics", "from": "2026-03-04", "to": "2026-03-05"}
    browser.get(site.link(wanted=f"{student_path('mei')}?{urlencode(chosen)}"))
    shown = figure(browser, "answers")
    phases = site.portrait("mei", **chosen)["activity"]["phases"]
    assert shown == str(sum(phase["answers"] for phase in phases))
    assert 0 < int(shown) < 21
    for name, value in chosen.items():
        assert browser.find_element(By.NAME, name).get_attribute("value") == value
    assert "之前" in wait_to_see(browser, ".xj-radar svg").text
    assert "之前：2026-03-02 至 2026-03-03" in wait_to_see(browser, ".xj-radar figcaption").text
    browser.execute_script("document.getElementsByName('to')[0].value = '2026-03-03'")
    wait_to_see(browser, ".xj-title form button").click()
    wait_for_text(browser, "[role=alert]", "结束日期 2026-03-03 早于开始日期 2026-03-04")


def test_the_mistake_book_is_turned_page_by_page_and_asked_for_in_parts(
    site: Site, browser: Chrome
) -> None:
    wrong = [
        answer(person="hong", name="小红", item=f"wrong-{number}", success=False)
        for number in range(BOOK_SIZE + 2)
    ]
    again = answer(person="hong", name="小红", item="wrong-7", after=timedelta(days=2))
    position = site.post(*map(unstored, [*wrong, again]))
    site.portrait("hong", after=position)
    person = quote(person_key("hong"), safe="")

    def book(**asked: str) -> list[str]:
        found = site.http.get(f"/v1/students/{person}/mistakes", params={"limit": "500", **asked})
        return [one["item"] for one in found.json()["mistakes"]]

    def shown() -> list[str]:
        rows = find(browser, ".xj-book-card tbody tr")
        return [str(row.get_attribute("data-row")) for row in rows]

    browser.get(site.link(wanted=student_path("hong")))
    every = book()
    assert len(every) > BOOK_SIZE
    wait_for(browser, lambda: shown() == every[:BOOK_SIZE])
    find(browser, ".xj-book-card .xj-pager button")[1].click()
    wait_for(browser, lambda: shown() == every[BOOK_SIZE:])
    choose(browser, ".xj-book-card .xj-choice label:nth-child(1) select", "retried")
    wait_for(browser, lambda: shown() == book(state="retried"))
    assert f"{SCHOOL}/items/wrong-7" in shown()
    choose(browser, ".xj-book-card .xj-choice label:nth-child(1) select", "")
    point = point_id("equations")
    choose(browser, ".xj-book-card .xj-choice label:nth-child(2) select", point)
    wait_for(browser, lambda: shown() == book(knowledge_point=point))
    assert find(browser, ".xj-book-card .xj-pager") == []


def choose(browser: Chrome, selector: str, value: str) -> None:
    Select(wait_to_see(browser, selector)).select_by_value(value)


def test_without_enough_evidence_a_portrait_says_so_instead_of_a_number(
    site: Site, browser: Chrome
) -> None:
    key = site.keys["小学校"]
    site.post(unstored(answer(person="only", name="独苗", success=False)), key=key)
    browser.get(site.link(key, student_path("only")))
    wait_for_text(browser, "[data-dimension=consolidation]", "证据还不够")
    assert "证据还不够" in wait_to_see(browser, "[data-points=weakest]").text
    assert "至少三个方面" in wait_to_see(browser, ".xj-radar").text
    assert find(browser, ".xj-radar svg") == []


def test_an_open_page_shows_a_new_statement_within_two_seconds(site: Site, browser: Chrome) -> None:
    browser.get(site.link(wanted=student_path("ming")))
    before = int(figure(browser, "answers"))
    browser.execute_script("window.stayed = true")
    position = site.post(unstored(answer(person="ming", name="小明", after=timedelta(days=9))))
    posted = time.monotonic()
    wait_for(browser, lambda: figure(browser, "answers") == str(before + 1))
    assert time.monotonic() - posted < LIVE
    assert browser.execute_script("return window.stayed")
    shown_position = wait_to_see(browser, ".xj-as-of .xj-note").text.replace(",", "")
    assert f"第 {position} 条" in shown_position


def badge(person: str, name: str) -> dict[str, Any]:
    """Give the statement that somebody has earned a badge of that name from a teacher."""
    statement = unstored(answer(person=person, name=NAMES[person], after=timedelta(days=9)))
    definition = {"type": TYPE_BADGE, "name": {"zh-CN": name, "en": "Helper"}}
    earned = {
        "verb": {"id": VERB_EARNED},
        "object": {"id": f"{SCHOOL}/badges/helper", "definition": definition},
        "context": {
            "instructor": {"name": "王老师", "account": {"homePage": SCHOOL, "name": "wang"}},
            "contextActivities": {
                "parent": [
                    {
                        "id": f"{SCHOOL}/deeds/7",
                        "definition": {"type": TYPE_DEED, "name": {"zh-CN": "帮同学讲题"}},
                    }
                ]
            },
        },
    }
    del statement["result"]
    return statement | earned


def test_a_badge_is_on_an_open_page_within_two_seconds_and_opens_its_statement(
    site: Site, browser: Chrome
) -> None:
    browser.get(site.link(wanted=student_path("li")))
    assert "还没有徽章" in wait_to_see(browser, ".xj-badges-card .xj-empty").text
    browser.execute_script("window.stayed = true")
    earned = badge("li", "乐于助人")
    site.post(earned)
    posted = time.monotonic()
    shown = wait_to_see(browser, ".xj-badges li")
    assert time.monotonic() - posted < LIVE
    assert browser.execute_script("return window.stayed")
    assert shown.get_attribute("data-statement") == earned["id"]
    for told in ("乐于助人", "帮同学讲题", "王老师", "2026-03-11"):
        assert told in shown.text
    assert "共 1 枚" in wait_to_see(browser, ".xj-badges-card .xj-aside").text
    find(browser, ".xj-badges li a")[0].click()
    wait_to_see(browser, ".xj-facts summary")
    (fact,) = find(browser, ".xj-facts > li")
    assert fact.get_attribute("data-statement") == earned["id"]


def test_the_mastery_table_sorts_by_keyboard(site: Site, browser: Chrome) -> None:
    browser.get(site.link(wanted=student_path("mei")))
    heading = wait_to_see(browser, ".xj-mastery-card th:nth-child(1) button")
    names = texts(browser, ".xj-mastery-card td[data-key=point]")
    heading.send_keys(Keys.ENTER)
    wait_for(
        browser, lambda: texts(browser, ".xj-mastery-card td[data-key=point]") == sorted(names)
    )
    heading.send_keys(Keys.ENTER)
    backwards = sorted(names, reverse=True)
    wait_for(browser, lambda: texts(browser, ".xj-mastery-card td[data-key=point]") == backwards)
    cell = browser.find_element(By.CSS_SELECTOR, ".xj-mastery-card th:nth-child(1)")
    assert cell.get_attribute("aria-sort") == "descending"


def test_an_explanation_opens_and_closes_by_keyboard(site: Site, browser: Chrome) -> None:
    browser.get(site.link(wanted=student_path("mei")))
    mark = wait_to_see(browser, ".xj-mastery-card summary")
    mark.send_keys(Keys.ENTER)
    assert "95%" in wait_to_see(browser, ".xj-mastery-card .xj-explain p").text
    mark.send_keys(Keys.ESCAPE)
    wait_for(browser, lambda: not find(browser, ".xj-mastery-card .xj-explain p"))


def test_the_language_switch_stays(site: Site, browser: Chrome) -> None:
    browser.get(site.link(wanted=student_path("mei")))
    assert wait_to_see(browser, ".xj-mastery-card h2").text == "知识点掌握情况"
    assert browser.find_element(By.TAG_NAME, "html").get_attribute("lang") == "zh-CN"
    find(browser, ".xj-languages a[lang=en]")[0].click()
    wait_for_text(browser, ".xj-mastery-card h2", "Mastery of knowledge points")
    assert path_of(browser) == urlsplit(student_path("mei")).path
    assert sorted(texts(browser, ".xj-mastery-card td[data-key=point]")) == sorted(POINTS)
    browser.get(f"{site.address}/ui/students")
    wait_for_text(browser, "h1", "Students")
    assert browser.find_element(By.TAG_NAME, "html").get_attribute("lang") == "en-US"
    assert browser.title == "Students · Xueji"


def test_a_name_is_text_whatever_it_holds(site: Site, browser: Chrome) -> None:
    browser.get(site.link(wanted=student_path("x")))
    assert wait_to_see(browser, "h1").text == ATTACK
    assert browser.title.startswith(ATTACK)
    assert browser.find_elements(By.CSS_SELECTOR, "img") == []
    browser.get(f"{site.address}/ui/students")
    wait_for(browser, lambda: ATTACK in texts(browser, "td[data-key=name] a"))


def test_another_stores_students_are_not_to_be_seen(site: Site, browser: Chrome) -> None:
    key = site.keys["外校"]
    browser.get(site.link(key, student_path("ming")))
    wait_for_text(browser, "h1", "没有这个学生的记录")
    assert "小明" not in browser.page_source


# Everywhere -----------------------------------------------------------------------------------


def test_no_page_asks_anything_of_another_host(site: Site, browser: Chrome) -> None:
    browser.get_log("browser")
    asked = set()
    browser.get(f"{site.address}/ui/sign-in")
    for page in ("", site.link(), f"{site.address}{student_path('ming')}"):
        if page:
            browser.get(page)
            wait_to_see(browser, "tbody tr")
        wait_to_see(browser, "main h1")
        asked |= set(browser.execute_script(RESOURCES))
    assert len(asked) > 10
    assert {urlsplit(address).netloc for address in asked} == {urlsplit(site.address).netloc}
    assert [entry["message"] for entry in browser.get_log("browser")] == []
    policy = httpx.get(f"{site.address}/ui/sign-in").headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy


def test_a_portrait_fits_a_phone_and_a_projector(site: Site, browser: Chrome) -> None:
    browser.get(site.link(wanted=student_path("mei")))
    wait_to_see(browser, ".xj-bars svg")
    for width in (360, 1920):
        assert width_in(browser, width) <= width


def test_what_is_no_page_is_said_in_plain_words(site: Site, browser: Chrome) -> None:
    browser.get(f"{site.address}/ui/nothing-here")
    wait_for_text(browser, "h1", "没有这个页面")
    assert httpx.get(f"{site.address}/ui/nothing-here").status_code == 404


@contextmanager
def without_clickhouse(clickhouse: ClickHouseServer) -> Iterator[None]:
    clickhouse.stop()
    try:
        yield
    finally:
        clickhouse.start()


def test_without_clickhouse_pages_say_so_plainly_and_come_back_by_themselves(
    tmp_path: Path, browser: Chrome
) -> None:
    clickhouse = ClickHouseServer(tmp_path / "clickhouse")
    clickhouse.start()
    keys = make_keys(tmp_path / "data")
    try:
        with running_server(tmp_path / "data", clickhouse_dsn=clickhouse.dsn) as server:
            site = Site(server, keys)
            site.portrait("ming", after=site.post(*statements_of_a_class()))
            check_what_was_set_aside(site, clickhouse, browser)
            check_a_broken_warehouse(site, clickhouse, browser)
    finally:
        clickhouse.stop()


def check_what_was_set_aside(site: Site, clickhouse: ClickHouseServer, browser: Chrome) -> None:
    """An operator sees what was set aside, with its reason, and has it tried again."""
    with closing(Warehouse.open(clickhouse.dsn)) as warehouse:
        letter = DeadLetter(1, STORE, "", "<b>a mapping was wrong</b>")
        warehouse.generation().set_aside([letter])
    browser.get(site.link(site.keys["运维"], "/ui/operations"))
    wait_for_text(browser, "[data-row='1'] [data-key=reason]", letter.reason)
    assert figure(browser, "letters") == "1"
    next(one for one in find(browser, "button") if one.text == "全部重试").click()
    wait_for_text(browser, "[role=status]", "重试了 1 条，其中 1 条已经算进结果")
    wait_for(browser, lambda: figure(browser, "letters") == "0")


def check_a_broken_warehouse(site: Site, clickhouse: ClickHouseServer, browser: Chrome) -> None:
    browser.get(site.link(wanted=student_path("ming")))
    before = int(figure(browser, "answers"))
    with without_clickhouse(clickhouse):
        position = site.post(unstored(answer(person="ming", name="小明", after=timedelta(days=9))))
        browser.get(site.link(site.keys["运维"], "/ui/operations"))
        assert figure(browser, "position") == f"{position:,}"  # just then somebody looks there
        wait_for_text(browser, ".xj-card", "暂时读不到数据")
        browser.get(site.link(wanted="/ui/evaluations/schemes/football/draft"))
        wait_for_text(browser, "[role=alert]", "请过一会儿刷新页面")
        browser.get(site.address + student_path("ming"))
        wait_for_text(browser, "[role=alert]", "学习记录都在，没有丢失")
        assert "Traceback" not in browser.page_source
        assert "Exception" not in browser.page_source
    wait_for(browser, lambda: figure(browser, "answers") == str(before + 1), 30)
    assert find(browser, "[role=alert]") == []
