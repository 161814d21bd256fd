"""A headless Chromium for the tests, asking nothing of the network and leaving nothing behind."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

from tests.support.engines import find_chromium

WIDTH, HEIGHT = 1280, 900

FLAGS = (
    "--headless=new",
    "--no-sandbox",  # root has no sandbox, and the tests open only pages of their own
    "--disable-gpu",
    "--disable-quic",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    f"--window-size={WIDTH},{HEIGHT}",
)


@contextmanager
def chromium() -> Iterator[Chrome]:
    """Start Chromium with an empty profile, and end it afterwards."""
    found = find_chromium()
    with TemporaryDirectory(prefix="xueji-chromium-", ignore_cleanup_errors=True) as profile:
        options = ChromeOptions()
        options.binary_location = str(found.browser)
        for flag in (*FLAGS, f"--user-data-dir={Path(profile)}"):
            options.add_argument(flag)
        downloads = {"download.default_directory": str(Path(profile, "downloads"))}
        options.add_experimental_option("prefs", downloads)
        # With both paths given, Selenium doesn't look for a browser or a driver to download.
        driver = Chrome(options=options, service=Service(executable_path=str(found.driver)))
        try:
            yield driver
        finally:
            driver.quit()


def forget(driver: Chrome) -> None:
    """Bring a used browser back to an empty page, without cookies and in its first size."""
    driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
    driver.get("about:blank")
    driver.set_window_size(WIDTH, HEIGHT)
