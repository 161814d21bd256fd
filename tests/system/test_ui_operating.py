"""The pages of who operates the server or an app: they do what the API does, for who may."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement

from api.key_commands import opened_credentials
from api.settings import Settings
from lrs.holders import Holder
from tests.support.browsing import (
    find,
    wait_for,
    wait_for_text,
    wait_to_see,
)
from tests.support.histories import answer
from tests.support.servers import Key, Server, running_server

STORE = "district"
NOT_YOURS = "这里不对你开放"
SCOPES = {
    "writer": ["statements/write"],
    "operator": ["operate"],
    "evaluator": ["projections/read"],
    "reader": ["all"],
}
HOLDERS = {"teacher": Holder("teacher", person="mbox:mailto:wang@school.example")}


class Site:
    """A server with a few statements, and who may do what there."""

    def __init__(self, server: Server, keys: dict[str, Key]) -> None:
        self.server, self.keys = server, keys
        self.http = httpx.Client(base_url=server.address, timeout=30)

    def auth(self, who: str) -> tuple[str, str]:
        return self.keys[who].key, self.keys[who].secret

    def post(self, *statements: dict[str, Any]) -> int:
        posted = self.http.post(
            "/xapi/statements",
            json=[
                {name: part for name, part in one.items() if name not in ("stored", "authority")}
                for one in statements
            ],
            headers={"X-Experience-API-Version": "1.0.3"},
            auth=self.auth("writer"),
        )
        assert posted.status_code == 200, posted.text
        return int(posted.headers["X-Xueji-Position"])

    def ask(self, path: str, who: str = "reader", **parameters: str) -> Any:
        found = self.http.get(path, params=parameters, auth=self.auth(who))
        assert found.status_code == 200, found.text
        return found.json()

    def link(self, wanted: str, who: str) -> str:
        """Give a one-time link that signs in as somebody and leads to a page."""
        made = self.http.post("/ui/tickets", auth=self.auth(who))
        assert made.status_code == 201, made.text
        path = httpx.URL(self.server.address + made.json()["path"])
        return str(path.copy_merge_params({"wanted": wanted}))


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
                answer(person=person, item=f"item-{number}", points=["fractions"], success=True)
                for person in ("ming", "hong")
                for number in range(3)
            )
        )
        site.ask("/v1/students", after=str(position))
        yield site


# Generations and replays ----------------------------------------------------------------------


def generation(browser: Chrome, name: str) -> WebElement:
    return wait_to_see(browser, f"[data-generation='{name}']")


def press(browser: Chrome, name: str, does: str) -> None:
    """Press a button of a generation, once it is there."""

    def button() -> WebElement | None:
        found = find(browser, f"[data-generation='{name}'] [data-does='{does}']")
        return found[0] if found else None

    wait_for(browser, button, 30).click()


def say_yes(browser: Chrome) -> None:
    wait_to_see(browser, ".xj-question .xj-button").click()


def test_an_operator_replays_compares_promotes_and_drops(site: Site, browser: Chrome) -> None:
    browser.get(site.link("/ui/students", "operator"))
    wait_for_text(browser, "h1", "数据版本与重放")  # where who may see no student begins
    wait_to_see(browser, "input[name=name]").send_keys("second")
    find(browser, ".xj-fields ~ .xj-buttons button")[0].click()
    wait_for_text(browser, "[role=status]", "“second”已开始重放")
    press(browser, "second", "generations.promote")
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
    press(browser, "live", "generations.drop")
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
    find(browser, ".xj-fields ~ .xj-buttons button")[0].click()
    press(browser, "before", "generations.drop")  # which is there once the replay has ended
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
    find(browser, ".xj-fields ~ .xj-buttons button")[0].click()
    wait_for_text(browser, "[role=alert]", "以小写字母开头")


def test_who_may_only_look_at_generations_can_change_none(site: Site, browser: Chrome) -> None:
    browser.get(site.link("/ui/generations", "evaluator"))
    wait_to_see(browser, "[data-generation]")
    assert find(browser, "[data-generation] button, .xj-fields") == []
    browser.get(site.link("/ui/generations", "teacher"))
    wait_for_text(browser, "[role=alert]", NOT_YOURS)
    assert find(browser, ".xj-menu") == []
