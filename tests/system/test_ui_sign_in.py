"""Signing in to the pages by an OpenID provider, and what keeps guessing and eavesdropping out."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from api.bearer import Issuer
from api.openid import Provider
from api.settings import Settings
from tests.support.browsing import path_of, sign_in, wait_for, wait_for_text, wait_to_see
from tests.support.oidc import AUDIENCE, TokenIssuer, running_issuer
from tests.support.servers import Server, running_server

TEACHER = {
    "xueji_store": "district",
    "xueji_role": "teacher",
    "xueji_person": "mbox:mailto:wang@school.example",
}
FAILURES = 6  # that one address may have in a minute


class Site:
    """A server that people sign in to by a provider."""

    def __init__(self, server: Server, issuer: TokenIssuer) -> None:
        self.server, self.address, self.issuer = server, server.address, issuer

    def client(self) -> httpx.Client:
        return httpx.Client(base_url=self.address, follow_redirects=False, timeout=30)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with (
        running_issuer() as issuer,
        running_server(
            tmp_path_factory.mktemp("site"),
            clickhouse_dsn="chdb://memory",
            oidc_issuer=issuer.url,
            oidc_audience=AUDIENCE,
            oidc_client_id="xueji pages",
            oidc_client_secret=issuer.client_secret,
            failed_logins_per_minute=str(FAILURES),
        ) as server,
    ):
        yield Site(server, issuer)


def begun(client: httpx.Client, wanted: str = "/ui/classes") -> httpx.URL:
    """Begin to sign in; gives the address at the provider."""
    answer = client.get("/ui/openid/begin", params={"wanted": wanted})
    assert answer.status_code == 303
    return httpx.URL(answer.headers["Location"])


def come_back(client: httpx.Client, at_provider: httpx.URL) -> httpx.Response:
    """Sign in at the provider, and follow it back."""
    return client.get(httpx.get(at_provider).headers["Location"])


def notice_of(answer: httpx.Response) -> str:
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    return query.get("notice", [""])[0]


def test_a_person_signs_in_at_the_provider_and_sees_what_the_role_allows(
    site: Site, browser: Chrome
) -> None:
    site.issuer.person = TEACHER
    browser.get(f"{site.address}/ui/classes")
    wait_to_see(browser, ".xj-provider").click()
    wait_for(browser, lambda: path_of(browser) == "/ui/classes")
    wait_for_text(browser, "h1", "班级")
    browser.get(f"{site.address}/ui/district")
    wait_for_text(browser, "[role=alert]", "这里不对你开放")
    browser.find_element(By.CSS_SELECTOR, "form[action$=sign-out] button").click()
    wait_for_text(browser, "[role=status]", "已退出登录")
    browser.get(f"{site.address}/ui/classes")
    assert path_of(browser) == "/ui/sign-in"
    [asked] = site.issuer.left  # the session has ended at the provider too
    assert asked["post_logout_redirect_uri"] == f"{site.address}/ui/openid/left"
    assert asked["realm"] == "1"


def test_only_whom_the_provider_has_signed_in_is_led_there_to_leave(site: Site) -> None:
    site.issuer.person = TEACHER
    key = site.server.add_key("district", "projections/read")
    with site.client() as client:
        come_back(client, begun(client))
        assert f"{site.issuer.url}/leave" in client.post("/ui/sign-out").text
        assert notice_of(client.post("/ui/sign-out")) == "left", "once only"
        form = {"key": key.key, "secret": key.secret}
        assert client.post("/ui/sign-in", data=form).status_code == 303
        assert notice_of(client.post("/ui/sign-out")) == "left"


def test_a_provider_without_an_end_of_sessions_is_not_asked_for_one() -> None:
    class Offering:
        async def discovered(self) -> dict[str, str]:
            return {"token_endpoint": "https://id.example/token"}

    settings = Settings(
        oidc_issuer="https://id.example", oidc_audience=AUDIENCE, oidc_client_id="pages"
    )
    provider = Provider(settings, cast(Issuer, Offering()))
    assert asyncio.run(provider.leaving("token", "https://here.example/left")) is None


def test_an_operator_of_the_provider_operates(site: Site) -> None:
    site.issuer.person = {"xueji_store": "district", "xueji_role": "evaluator", "scope": "operate"}
    with site.client() as client:
        answer = come_back(client, begun(client, "/ui/operations"))
        assert answer.headers["Location"] == "/ui/operations"
        assert client.get("/ui/operations").status_code == 200


@pytest.mark.parametrize(
    "person",
    [
        {"xueji_role": None},
        {"xueji_role": "janitor"},
        {"xueji_store": None},
        {"aud": "another client"},
        {"nonce": "of another sign-in"},
        {"iss": "https://elsewhere.example"},
        {"azp": "another client"},
        {"exp": 1_700_000_000},
    ],
    ids=str,
)
def test_who_the_provider_does_not_vouch_for_stays_a_stranger(
    site: Site, person: dict[str, Any]
) -> None:
    site.issuer.person = {**TEACHER, **person}
    with site.client() as client:
        answer = come_back(client, begun(client))
        assert notice_of(answer) in ("refused", "too-many")
        assert client.get("/ui/classes").status_code == 303


def without_cookie(client: httpx.Client, back: httpx.URL) -> httpx.Response:
    client.cookies.clear()
    return client.get(back)


def with_another_state(client: httpx.Client, back: httpx.URL) -> httpx.Response:
    return client.get(back.copy_set_param("state", "x" * 43))


def twice(client: httpx.Client, back: httpx.URL) -> httpx.Response:
    """Come back with a code that was used: it opens nothing again."""
    client.get(back)
    client.post("/ui/sign-out")
    return client.get(back)


@pytest.mark.parametrize("back", [without_cookie, with_another_state, twice])
def test_only_the_browser_that_has_begun_comes_back_and_once(
    site: Site, back: Callable[[httpx.Client, httpx.URL], httpx.Response]
) -> None:
    site.issuer.person = TEACHER
    with site.client() as client:
        address = httpx.URL(httpx.get(begun(client)).headers["Location"])
        assert notice_of(back(client, address)) in ("refused", "too-many")
        assert client.get("/ui/classes").status_code == 303


def test_nobody_is_led_to_another_site(site: Site) -> None:
    site.issuer.person = TEACHER
    with site.client() as client:
        answer = come_back(client, begun(client, "https://elsewhere.example/ui/"))
    assert answer.headers["Location"].startswith("/ui/")


def test_a_provider_that_is_away_is_said_and_keys_sign_in_still(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.issuer.person = TEACHER
    with site.client() as client:
        back = httpx.get(begun(client)).headers["Location"]
        monkeypatch.setattr(site.issuer, "status", 500)
        assert notice_of(client.get(back)) == "unreachable"
        key = site.server.add_key("district", "projections/read")
        form = {"key": key.key, "secret": key.secret}
        assert client.post("/ui/sign-in", data=form).headers["Location"] == "/ui/students"


def test_strangers_who_begin_leave_nothing_and_have_the_provider_asked_once(site: Site) -> None:
    def kept() -> set[Path]:
        return set(Path(site.server.environment["XUEJI_DATA_DIRECTORY"]).rglob("storage-user-*"))

    with site.client() as client:
        begun(client)
    asked, before = len(site.issuer.fetches), kept()
    for length in (900, 9_000, 900, 900):
        with site.client() as client:
            begun(client, "/ui/".ljust(length, "x"))
            [cookie] = client.cookies.jar
            assert len(f"{cookie.name}={cookie.value}") < 4_000  # of 4,096 (RFC 6265, 6.1)
    site.server.add_key()  # meanwhile what is written has been
    assert kept() == before
    assert len(site.issuer.fetches) == asked


def test_cookies_that_were_set_by_https_are_never_sent_without_it(site: Site) -> None:
    site.issuer.person = TEACHER
    for protocol, is_secure in (("https", True), ("http", False)):
        with site.client() as client:
            answer = client.get("/ui/openid/begin", headers={"X-Forwarded-Proto": protocol})
            assert "xueji_session" in answer.headers["Set-Cookie"]
            assert "httponly" in answer.headers["Set-Cookie"].lower()
            assert ("; secure" in answer.headers["Set-Cookie"].lower()) is is_secure
            wanted = parse_qs(urlsplit(answer.headers["Location"]).query)["redirect_uri"]
            assert wanted[0].startswith(f"{protocol}://")


def test_an_address_guesses_a_few_times_a_minute_and_who_is_right_comes_in(
    site: Site, browser: Chrome
) -> None:
    with site.client() as client:
        said = [
            notice_of(client.post("/ui/sign-in", data={"key": "a" * 32, "secret": "guess"}))
            for _ in range(FAILURES + 1)
        ]
    assert said[-1] == "too-many"
    browser.get(f"{site.address}/ui/sign-in?notice=too-many")
    wait_for_text(browser, "[role=alert]", "失败次数太多")
    key = site.server.add_key("district", "projections/read")
    sign_in(browser, key.key, key.secret)
    wait_for(browser, lambda: path_of(browser) == "/ui/students")
