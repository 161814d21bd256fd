"""What tests of the pages do with a browser: look, wait until something is so, sign in."""

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.ui import WebDriverWait

PATIENCE = 30.0  # seconds, of which a machine that does nothing else needs one


def wait_for(browser: Chrome, true: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """Wait until something is true of the page; gives it."""
    wait = WebDriverWait(browser, seconds, 0.02, [StaleElementReferenceException])
    return wait.until(lambda _: true())


def find(browser: Chrome, selector: str) -> list[WebElement]:
    return [one for one in browser.find_elements(By.CSS_SELECTOR, selector) if one.is_displayed()]


def wait_to_see(browser: Chrome, selector: str) -> WebElement:
    shown: list[WebElement] = wait_for(browser, lambda: find(browser, selector))
    return shown[0]


def texts(browser: Chrome, selector: str) -> list[str]:
    return [one.text for one in find(browser, selector)]


def wait_for_text(browser: Chrome, selector: str, text: str) -> None:
    wait_for(browser, lambda: any(text in one for one in texts(browser, selector)))


def path_of(browser: Chrome) -> str:
    return urlsplit(browser.current_url).path


def sign_in(browser: Chrome, key: str, secret: str) -> None:
    wait_to_see(browser, "input[name=key]").send_keys(key)
    find(browser, "input[name=secret]")[0].send_keys(secret + Keys.ENTER)


def figure(browser: Chrome, name: str) -> str:
    return wait_to_see(browser, f"[data-figure={name}]").text


def width_in(browser: Chrome, width: int) -> int:
    """Give how wide the open page is in a window of that width: where it fits, no wider."""
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    try:
        return int(browser.execute_script("return document.documentElement.scrollWidth"))
    finally:
        browser.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
