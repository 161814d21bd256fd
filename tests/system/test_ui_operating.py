"""The pages of who operates the server or an app: they do what the API does, for who may."""

import json
import shlex
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement

from api.key_commands import opened_credentials
from api.settings import Settings
from lrs.holders import Holder
from streams.forwarders import Definition, Forwarders, Letter
from tests.support.accessibility import grave_findings, kind_of, walk
from tests.support.browsing import (
    figure,
    find,
    path_of,
    texts,
    wait_for,
    wait_for_text,
    wait_to_see,
)
from tests.support.histories import answer, person_key
from tests.support.servers import Key, Server, running_server

STORE = "district"
VERSION = {"X-Experience-API-Version": "1.0.3"}
NOT_YOURS = "这里不对你开放"
SCOPES = {
    "operator": ["operate"],
    "evaluator": ["projections/read"],
    "reader": ["all"],
}
HOLDERS = {
    "teacher": Holder("teacher", person="mbox:mailto:wang@school.example"),
    "writer": Holder("vendor"),
    "other writer": Holder("vendor"),
}
PLACES = ("/apps", "/statements", "/generations", "/operations")
ATTACK = '</span><img src=x onerror="document.title = 1">'


class Site:
    """A server with a few statements, and who may do what there."""

    def __init__(self, server: Server, keys: dict[str, Key]) -> None:
        self.server, self.keys = server, keys
        self.http = httpx.Client(base_url=server.address, timeout=30)

    def auth(self, who: str) -> tuple[str, str]:
        return self.keys[who].key, self.keys[who].secret

    def post(self, *statements: dict[str, Any], who: str = "writer") -> int:
        posted = self.http.post(
            "/xapi/statements", json=statements, headers=VERSION, auth=self.auth(who)
        )
        assert posted.status_code == 200, posted.text
        return int(posted.headers["X-Xueji-Position"])

    def ask(self, path: str, who: str = "reader", **parameters: str) -> Any:
        found = self.http.get(path, params=parameters, auth=self.auth(who), headers=VERSION)
        assert found.status_code == 200, found.text
        return found.json()

    def link(self, wanted: str, who: str) -> str:
        """Give a one-time link that signs in as somebody and leads to a page."""
        made = self.http.post("/ui/tickets", auth=self.auth(who))
        assert made.status_code == 201, made.text
        path = httpx.URL(self.server.address + made.json()["path"])
        return str(path.copy_merge_params({"wanted": wanted}))


def unstored(statement: dict[str, Any]) -> dict[str, Any]:
    """Give a statement as an app posts it."""
    return {name: value for name, value in statement.items() if name not in ("stored", "authority")}


def voiding(statement_id: str) -> dict[str, Any]:
    """Give a statement that voids another."""
    return {
        "actor": {"mbox": "mailto:operator@school.example"},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/voided"},
        "object": {"objectType": "StatementRef", "id": statement_id},
    }


def make_keys(data_directory: Path) -> dict[str, Key]:
    """Make the credentials of all tests at once, before the server starts."""
    with opened_credentials(Settings(data_directory=data_directory)) as credentials:
        made = {app: credentials.add(STORE, app, scopes) for app, scopes in SCOPES.items()}
        made |= {
            app: credentials.add(STORE, app, (), holder=holder) for app, holder in HOLDERS.items()
        }
    return {app: Key(credential.key, secret) for app, (credential, secret) in made.items()}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    keys = make_keys(folder)
    with running_server(folder) as server:
        site = Site(server, keys)
        position = site.post(
            *(
                unstored(answer(person=person, item=f"item-{number}", points=["fractions"]))
                for person in ("ming", "hong")
                for number in range(3)
            )
        )
        site.ask("/v1/students", after=str(position))
        yield site


def press(browser: Chrome, text: str, within: str = ".xj-main") -> None:
    """Press a button, once it is there."""

    def button() -> WebElement | None:
        named = (one for one in find(browser, f"{within} button") if one.text == text)
        return next(named, None)

    wait_for(browser, button, 30).click()


def say_yes(browser: Chrome) -> None:
    wait_to_see(browser, ".xj-question .xj-button").click()


def wait_for_all(browser: Chrome, selector: str) -> list[WebElement]:
    wait_to_see(browser, selector)
    return find(browser, selector)


# Statements -----------------------------------------------------------------------------------


def listed(browser: Chrome) -> list[str]:
    wait_to_see(browser, "[data-statement]")
    return [str(one.get_attribute("data-statement")) for one in find(browser, "[data-statement]")]


def test_statements_are_found_as_the_api_finds_them_page_by_page(
    site: Site, browser: Chrome
) -> None:
    person = person_key("ming")
    browser.get(site.link("/ui/statements?limit=2", "reader"))
    wait_to_see(browser, "input[name=agent]").send_keys(person + Keys.ENTER)
    wait_for(browser, lambda: "agent=" in browser.current_url)
    home_page, _, name = person.removeprefix("account:").rpartition("|")
    agent = {"account": {"homePage": home_page, "name": name}}
    asked = {"agent": json.dumps(agent), "limit": "2"}
    found = site.ask("/xapi/statements", **asked)
    assert listed(browser) == [one["id"] for one in found["statements"]]
    command = wait_to_see(browser, ".xj-copied pre").text
    assert "KEY:SECRET" in command
    address = shlex.split(command.replace("\\\n", ""))[-1]
    by_curl = site.http.get(address, auth=site.auth("reader"), headers=VERSION).json()
    assert by_curl["statements"] == found["statements"]
    assert all(key.secret not in browser.page_source for key in site.keys.values())
    find(browser, "a[rel=next]")[0].click()
    wait_for(browser, lambda: "cursor=" in browser.current_url)
    more = site.http.get(found["more"], auth=site.auth("reader"), headers=VERSION).json()
    assert listed(browser) == [one["id"] for one in more["statements"]]


def test_a_statement_opens_to_its_json_which_is_text_whatever_it_holds(
    site: Site, browser: Chrome
) -> None:
    evil = unstored(answer(person="evil", name=ATTACK, item="item-1", points=["fractions"]))
    site.post(evil)
    browser.get(site.link("/ui/statements?limit=1", "reader"))
    wait_to_see(browser, "[data-statement] summary").click()
    shown = json.loads(wait_to_see(browser, ".xj-json").text)
    assert shown == site.ask("/xapi/statements", limit="1")["statements"][0]
    assert ATTACK in texts(browser, "[data-statement] strong")
    assert find(browser, "main img, .xj-main img") == []
    assert ATTACK in [json.loads(one) for one in texts(browser, ".xj-json-string")]
    wait_to_see(browser, "[data-statement] .xj-fact a").click()
    wait_for_text(browser, "h1", "有效")
    assert path_of(browser) == f"/ui/statements/{evil['id']}"
    assert json.loads(wait_to_see(browser, ".xj-json").text) == shown


def test_a_voided_statement_keeps_its_address_and_names_what_voids_it(
    site: Site, browser: Chrome
) -> None:
    wrong = unstored(answer(person="wei", item="item-1", points=["fractions"]))
    site.post(wrong)
    site.post(voiding(wrong["id"]))
    browser.get(site.link(f"/ui/statements/{wrong['id']}", "reader"))
    wait_for_text(browser, "h1", "已作废")
    voider = site.ask("/xapi/statements", limit="1")["statements"][0]["id"]
    assert find(browser, ".xj-told a")[0].text == voider
    assert json.loads(wait_to_see(browser, ".xj-json").text)["id"] == wrong["id"]


def test_statements_of_others_stay_with_them(site: Site, browser: Chrome) -> None:
    of_reader = unstored(answer(person="mei", item="item-9", points=["fractions"]))
    site.post(of_reader, who="reader")
    browser.get(site.link(f"/ui/statements/{of_reader['id']}", "writer"))
    wait_for_text(browser, "h1", "没有这条记录")
    browser.get(f"{site.server.address}/ui/statements?agent=nobody")
    wait_for_text(browser, "[role=alert]", "“人”这一条件有误")
    browser.get(f"{site.server.address}/ui/statements?limit=200")
    assert of_reader["id"] not in listed(browser)
    for who in ("evaluator", "teacher"):  # may query projections, and read no statements
        browser.get(site.link("/ui/statements", who))
        wait_for_text(browser, "[role=alert]", NOT_YOURS)


# Apps -----------------------------------------------------------------------------------------


def test_a_vendor_learns_what_statements_would_mean_and_where_they_fail(
    site: Site, browser: Chrome
) -> None:
    good = unstored(answer(person="ming", points=["fractions"]))
    del good["context"]["contextActivities"]["category"]
    given = [good, {**good, "id": "no uuid"}]
    told = site.http.post("/v1/profile/check", json=given, auth=site.auth("writer")).json()
    browser.get(site.link("/ui/apps", "writer"))
    field = wait_to_see(browser, "textarea")
    field.send_keys(json.dumps(given))
    press(browser, "检查")
    for name in ("statements", "refused", "giving_facts", "persons"):
        assert figure(browser, name) == str(told["summary"][name])
    shown = [one.get_attribute("data-advice") for one in find(browser, "[data-advice]")]
    assert shown == [one["code"] for one in told["summary"]["advice"]]
    refused = wait_to_see(browser, "[data-place='$[1]']")
    refused.find_element(By.TAG_NAME, "summary").click()
    fault = told["statements"][1]["advice"][0]
    wait_for(browser, lambda: fault["path"] in refused.text and fault["zh"] in refused.text)
    before = site.ask("/v1/status")["record"]["position"]
    field.clear()
    field.send_keys(ATTACK)
    press(browser, "检查")
    wait_for(browser, lambda: figure(browser, "refused") == "1")
    assert find(browser, ".xj-main img") == []
    assert site.ask("/v1/status")["record"]["position"] == before  # nothing is stored


def test_a_vendor_sees_the_own_apps_row_of_the_register_and_an_evaluator_all(
    site: Site, browser: Chrome
) -> None:
    for who in ("writer", "reader"):
        browser.get(site.link("/ui/apps", who))
        wait_to_see(browser, "tbody [data-key=app]")
        told = site.ask("/v1/apps", who)["apps"]
        assert texts(browser, "tbody [data-key=statements]") == [
            f"{one['statements']:,}" for one in told
        ]
        shown = [row.get_attribute("data-row") for row in find(browser, "[data-row]")]
        assert shown[: len(told)] == [one["app"] for one in told]
    assert find(browser, "fieldset") == []  # whose credentials those are is the vendor's to see


def test_a_vendor_makes_renews_and_revokes_credentials_of_the_own_app_only(
    site: Site, browser: Chrome
) -> None:
    def posts(key: str, secret: str) -> int:
        statement = unstored(answer(person="ming"))
        return site.http.post(
            "/xapi/statements", json=statement, headers=VERSION, auth=(key, secret)
        ).status_code

    browser.get(site.link("/ui/apps", "writer"))
    known = {one.get_attribute("data-key") for one in wait_for_all(browser, "[data-key]")}
    assert site.keys["writer"].key in known
    assert site.keys["other writer"].key not in known
    press(browser, "新建账号")
    secret = wait_to_see(browser, ".xj-secret pre").text
    (key,) = {one.get_attribute("data-key") for one in find(browser, "li[data-key]")} - known
    assert posts(str(key), secret) == 200
    assert site.http.get("/v1/apps", auth=(str(key), secret)).json()["apps"][0]["app"] == "writer"
    press(browser, "换密码", f"[data-key='{key}']")
    say_yes(browser)
    wait_for(browser, lambda: texts(browser, ".xj-secret pre") not in ([], [secret]))
    renewed = texts(browser, ".xj-secret pre")[0]
    assert posts(str(key), renewed) == posts(str(key), secret) == 200  # for another hour
    browser.refresh()
    wait_to_see(browser, f"[data-key='{key}']")
    assert renewed not in browser.page_source
    press(browser, "撤销", f"[data-key='{key}']")
    say_yes(browser)
    wait_for_text(browser, f"[data-key='{key}']", "已撤销")
    wait_for(browser, lambda: posts(str(key), renewed) == 401)


# Operations -----------------------------------------------------------------------------------


def test_operations_show_how_the_server_does_live(site: Site, browser: Chrome) -> None:
    browser.get(site.link("/ui/operations", "operator"))
    told = site.ask("/v1/status", "operator")
    assert figure(browser, "position") == f"{told['record']['position']:,}"
    assert figure(browser, "letters") == str(told["carrier"]["dead_letters"])
    assert wait_to_see(browser, "[data-told=generation]").text == told["generation"]
    assert any("ClickHouse" in text for text in texts(browser, "[data-told=warehouse]"))
    position = site.post(unstored(answer(person="hong", after=timedelta(days=1))))
    wait_for(browser, lambda: figure(browser, "position") == f"{position:,}")
    assert all(texts(browser, "[data-told=free]"))
    browser.get(site.link("/ui/operations", "evaluator"))
    assert figure(browser, "position") == f"{position:,}"
    assert find(browser, "[data-told=free]") == []  # of all stores: the operator's to see
    browser.get(site.link("/ui/operations", "teacher"))
    wait_for_text(browser, "[role=alert]", NOT_YOURS)


def test_operations_show_forwarders_and_have_what_was_refused_tried_again(
    site: Site, browser: Chrome
) -> None:
    refused = Letter(3, "7ccd3322-e1a5-411a-a67d-6a735c76f119", 409, f"不收 {ATTACK}")
    folder = Path(site.server.environment["XUEJI_DATA_DIRECTORY"])
    with closing(Forwarders(folder / "forwarders.sqlite")) as forwarders:
        forwarders.add(Definition("city", "http://127.0.0.1:9/xapi", "key", STORE), after=3)
        forwarders.commit(forwarders.find("city"), 3, refused=[refused])
        try:
            browser.get(site.link("/ui/operations", "operator"))
            row = wait_to_see(browser, "[data-row=city]")
            wait_for(browser, lambda: "XUEJI_FORWARD_SECRET_CITY" in row.text)
            assert "等待重试" in row.text
            assert "没有拿到密钥的密码" in row.text
            note = find(browser, "[data-row=city] [data-key=error] small")[0]
            assert note.get_attribute("lang") == "en"
            letter = wait_to_see(browser, "[data-row='city 3']")
            assert refused.statement_id in letter.text
            assert "对方已有同一编号" in letter.text
            assert refused.reason in letter.text
            press(browser, "再转发一次")
            wait_for_text(browser, "[role=status]", "1 条将在几秒内再转发")
            assert forwarders.wanted_again(forwarders.find("city"), 9)
            browser.get(site.link("/ui/operations", "evaluator"))
            wait_to_see(browser, "[data-figure=position]")
            assert find(browser, "[data-row=city]") == []
        finally:
            forwarders.remove("city")


# Everywhere -----------------------------------------------------------------------------------


@pytest.mark.parametrize(("who", "first"), [("operator", "/operations"), ("reader", "/statements")])
def test_no_page_shuts_anybody_out(
    site: Site, browser: Chrome, node_packages: Path, who: str, first: str
) -> None:
    browser.get(site.link(f"/ui{first}", who))
    wait_to_see(browser, "h1")
    places = tuple(place.removeprefix("/") for place in PLACES)
    scanned = {
        kind_of(address): grave_findings(browser, node_packages)
        for address in walk(browser, browser.current_url, places)
    }
    assert {kind: found for kind, found in scanned.items() if found} == {}
    assert len(scanned) >= 3


def test_signing_in_and_questions_shut_nobody_out(
    site: Site, browser: Chrome, node_packages: Path
) -> None:
    browser.get(f"{site.server.address}/ui/sign-in?notice=wrong")
    wait_to_see(browser, "[role=alert]")
    assert grave_findings(browser, node_packages) == []
    browser.get(site.link("/ui/apps", "writer"))
    press(browser, "撤销")
    wait_to_see(browser, ".xj-question .xj-button")
    assert grave_findings(browser, node_packages) == []
    browser.switch_to.active_element.send_keys(Keys.ESCAPE)
    wait_for(browser, lambda: not find(browser, ".xj-question"))


@pytest.mark.parametrize("place", PLACES)
def test_a_place_fits_a_phone_and_speaks_english(site: Site, browser: Chrome, place: str) -> None:
    metrics = {"width": 360, "height": 800, "deviceScaleFactor": 1, "mobile": True}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        who = "operator" if place in ("/operations", "/generations") else "reader"
        browser.get(site.link(f"/ui{place}", who))
        wait_to_see(browser, ".xj-languages a[lang=en]").click()
        wait_for(browser, lambda: texts(browser, "h1") and texts(browser, "h1")[0].isascii())
        assert path_of(browser) == f"/ui{place}"
        assert browser.execute_script("return document.documentElement.scrollWidth") <= 360
        assert all(text.isascii() for text in texts(browser, "h2, label > span, button"))
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


# Generations and replays ----------------------------------------------------------------------


def generation(browser: Chrome, name: str) -> WebElement:
    return wait_to_see(browser, f"[data-generation='{name}']")


def test_an_operator_replays_compares_promotes_and_drops(site: Site, browser: Chrome) -> None:
    browser.get(site.link("/ui/students", "operator"))
    wait_for_text(browser, "h1", "运行状况")  # where who may see no student begins
    wait_to_see(browser, ".xj-menu summary").click()
    wait_to_see(browser, ".xj-menu [href$=generations]").click()
    wait_to_see(browser, "input[name=name]").send_keys("second")
    press(browser, "开始重放")
    wait_for_text(browser, "[role=status]", "“second”已开始重放")
    press(browser, "启用", "[data-generation=second]")
    listed = {one["name"]: one for one in site.ask("/v1/generations", "operator")["generations"]}
    rows = generation(browser, "second").find_element(By.CSS_SELECTOR, "[data-told=rows]")
    wait_for(browser, lambda: rows.text == f"{sum(listed['second']['rows'].values()):,}")
    assert listed["live"]["live"]
    say_yes(browser)
    wait_for_text(browser, "[role=status]", "“second”已启用")
    assert site.ask("/v1/status", "operator")["generation"] == "second"
    generation(browser, "live").find_element(By.TAG_NAME, "a").click()
    wait_for_text(browser, "[role=status]", "完全相同")
    browser.back()
    press(browser, "删除", "[data-generation=live]")
    say_yes(browser)
    wait_for_text(browser, "[role=status]", "“live”已删除")
    wait_for(browser, lambda: not find(browser, "[data-generation=live]"))
    names = [one["name"] for one in site.ask("/v1/generations", "operator")["generations"]]
    assert names == ["second"]


def test_what_differs_between_generations_is_told_as_the_api_tells_it(
    site: Site, browser: Chrome
) -> None:
    until = "2020-01-01T08:00"
    browser.get(site.link("/ui/generations", "operator"))
    wait_to_see(browser, "input[name=name]").send_keys("before")
    field = find(browser, "input[name=until_time]")[0]
    browser.execute_script(
        "arguments[0].value = arguments[1]; arguments[0].dispatchEvent(new Event('input'))",
        field,
        until,
    )
    press(browser, "开始重放")
    press(browser, "删除", "[data-generation=before]")  # which is there once the replay has ended
    wait_to_see(browser, ".xj-question .xj-quiet-button").click()
    item = generation(browser, "before")
    assert "2020-01-01 08:00 前发生的" in item.text
    assert "假设推演" in item.text
    assert "启用" not in [one.text for one in item.find_elements(By.TAG_NAME, "button")]
    item.find_element(By.LINK_TEXT, "与在用的比较").click()
    wait_to_see(browser, "tbody tr")
    told = site.ask("/v1/generations/before/comparison", "operator")
    for one in told["tables"]:
        row = wait_to_see(browser, f"[data-row='{one['table']}']")
        counts = [cell.text for cell in row.find_elements(By.CSS_SELECTOR, ".xj-cell-number")]
        assert counts == [f"{one[key]:,}" for key in ("only_one", "only_other", "differs")]
    shown = [one.get_attribute("data-subject") for one in find(browser, "[data-subject]")]
    assert shown == [one["subject"] for one in told["subjects"]]
    assert len(shown) >= 2
    site.http.delete("/v1/generations/before", auth=site.auth("operator")).raise_for_status()


def test_a_name_that_no_generation_can_have_is_refused_in_words(
    site: Site, browser: Chrome
) -> None:
    browser.get(site.link("/ui/generations", "operator"))
    wait_to_see(browser, "input[name=name]").send_keys("Bad Name")
    press(browser, "开始重放")
    wait_for_text(browser, "[role=alert]", "以小写字母开头")


def test_who_may_only_look_at_generations_can_change_none_nor_learn_of_whose_store_one_is(
    site: Site, browser: Chrome
) -> None:
    wanted = {"name": "of_one", "store": "another-district"}
    site.http.post("/v1/replays", json=wanted, auth=site.auth("operator")).raise_for_status()
    browser.get(site.link("/ui/generations", "operator"))
    until = generation(browser, "of_one").find_element(By.CSS_SELECTOR, "[data-told=until]")
    assert until.text == "仅 another-district"
    browser.get(site.link("/ui/generations", "evaluator"))
    until = generation(browser, "of_one").find_element(By.CSS_SELECTOR, "[data-told=until]")
    assert until.text == "部分记录"
    assert find(browser, "[data-generation] button, .xj-fields") == []
    path = "/v1/replays/of_one"
    wait_for(browser, lambda: site.ask(path, "operator")["state"] == "complete")
    site.http.delete("/v1/generations/of_one", auth=site.auth("operator")).raise_for_status()
    browser.get(site.link("/ui/generations", "teacher"))
    wait_for_text(browser, "[role=alert]", NOT_YOURS)
    assert find(browser, ".xj-menu") == []
