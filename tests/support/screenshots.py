"""Saves a picture of every page of a running server, in both languages, as on a desk and a phone.

    python -m tests.support.screenshots http://127.0.0.1:8080 var/screenshots /ui [/ui/...]

Starting from the pages named, links to further pages under /ui are followed. Of pages that differ
only in whom they show (the last part of their path), two are taken. The first page may be a
sign-in link: what it opens stays open for the others.
"""

import argparse
import base64
import re
import time
from collections import Counter, deque
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

from selenium.webdriver import Chrome

from api.ui.words import WORDS
from tests.support.chromium import chromium

SIZES = {"desk": (1280, 900), "phone": (390, 844)}  # CSS pixels
LANGUAGES = ("zh-CN", "en")
LANGUAGE_COOKIE = "xueji_language"
# These change who is looking or in which language.
NOT_FOLLOWED = re.compile(r"/(sign-|language)")
ALIKE = 2
STILL_SECONDS = 0.6
LONGEST_SECONDS = 15.0

LINKS = "return Array.from(document.querySelectorAll('a[href]'), link => link.href)"
LOOKS = "return document.readyState + document.documentElement.innerHTML.length"
# What takes long to be worked out comes later; until then the page says so.
WAITS = "return arguments[0].some((said) => document.body.innerText.includes(said))"
HEIGHT = "return document.documentElement.scrollHeight"


def pages(driver: Chrome, server: str, first: list[str]) -> Iterator[str]:
    """Open page after page, wait until it stands still, and give its address."""
    waiting = deque(urljoin(server, path) for path in first)
    seen = set(waiting)
    taken: Counter[str] = Counter()
    while waiting:
        address = waiting.popleft()
        if taken[shape(address)] >= ALIKE:
            continue
        taken[shape(address)] += 1
        driver.get(address)
        wait_until_still(driver)
        yield address
        for link in driver.execute_script(LINKS):
            found = urldefrag(link).url
            ours = found.startswith(f"{server}/ui") and not NOT_FOLLOWED.search(found)
            if ours and found not in seen:
                seen.add(found)
                waiting.append(found)


def shape(address: str) -> str:
    """Give what pages of one kind have in common; /ui/students/1 and /ui/students/2 are alike."""
    parts = urlsplit(address)
    folder, _, _ = parts.path.rstrip("/").rpartition("/")
    return f"{folder}/?{parts.query}" if folder.count("/") >= 2 else f"{parts.path}?{parts.query}"


def wait_until_still(driver: Chrome) -> None:
    """Wait until the page has not changed for a moment, for no longer than LONGEST_SECONDS."""
    last, since = "", time.monotonic()
    deadline = since + LONGEST_SECONDS
    while time.monotonic() < deadline:
        looks = driver.execute_script(LOOKS)
        if looks != last:
            last, since = looks, time.monotonic()
        is_still = time.monotonic() - since >= STILL_SECONDS and looks.startswith("complete")
        if is_still and not driver.execute_script(
            WAITS, [*WORDS["working_out"], *WORDS["comparison.comparing"]]
        ):
            return
        time.sleep(0.05)


def save(driver: Chrome, address: str, folder: Path) -> Iterator[Path]:
    """Save the whole page in each size; a sign-in link's secret doesn't get into its name."""
    parts = urlsplit(driver.current_url if NOT_FOLLOWED.search(address) else address)
    named = re.sub(r"[^\w.=-]+", "_", unquote(f"{parts.path}_{parts.query}")).strip("_")
    for size, (width, height) in SIZES.items():
        resize(driver, width, height)
        wait_until_still(driver)
        resize(driver, width, max(height, driver.execute_script(HEIGHT)))
        picture = driver.execute_cdp_cmd("Page.captureScreenshot", {"format": "png"})
        path = folder / f"{named}.{size}.png"
        path.write_bytes(base64.b64decode(picture["data"]))
        yield path
    driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


def resize(driver: Chrome, width: int, height: int) -> None:
    """Make the page's window that many CSS pixels wide and high."""
    metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


def main() -> None:
    """Save the pictures and print their names."""
    parser = argparse.ArgumentParser(description="Save a picture of every page.")
    parser.add_argument("server")
    parser.add_argument("folder", type=Path)
    parser.add_argument("pages", nargs="+")
    arguments = parser.parse_args()
    server = arguments.server.rstrip("/")
    with chromium() as driver:
        driver.get(urljoin(server, arguments.pages[0]))
        for language in LANGUAGES:
            driver.add_cookie({"name": LANGUAGE_COOKIE, "value": language, "path": "/"})
            folder = arguments.folder / language
            folder.mkdir(parents=True, exist_ok=True)
            for address in pages(driver, server, arguments.pages):
                for path in save(driver, address, folder):
                    print(path, flush=True)


if __name__ == "__main__":
    main()
