"""What axe-core finds on a page that keeps somebody from using it (WCAG 2.2, A and AA)."""

from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from selenium.webdriver import Chrome

from tests.support.browsing import wait_to_see
from tests.support.screenshots import LINKS, NOT_FOLLOWED

RULES = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice")
GRAVE = ("serious", "critical")
SCAN = """
const [rules, done] = arguments;
const failed = (error) => done([{ id: String(error), impact: "critical", nodes: [] }]);
axe.run(document, { runOnly: rules, resultTypes: ["violations"] })
  .then((found) => done(found.violations), failed);
"""


def grave_findings(browser: Chrome, packages: Path) -> list[str]:
    """Scan the open page; gives what is serious or critical, each with where it is."""
    browser.execute_script((packages / "axe-core" / "axe.min.js").read_text("utf-8"))
    violations: list[dict[str, Any]] = browser.execute_async_script(SCAN, RULES)
    return [
        f"{one['id']}: {one.get('help', '')} at"
        f" {'; '.join(str(node['target']) + ' ' + node['html'][:160] for node in one['nodes'][:4])}"
        for one in violations
        if one["impact"] in GRAVE
    ]


def walk(browser: Chrome, first: str, places: tuple[str, ...] = ("",)) -> Iterator[str]:
    """Open a page of every kind that links lead to, beginning with one; gives their addresses.

    Where places are named, such as ``apps``, links to others are not followed.
    """
    server = "{0.scheme}://{0.netloc}/ui/".format(urlsplit(first))
    ours = tuple(server + place for place in places)
    waiting, kinds = deque([first]), {kind_of(first)}
    while waiting:
        address = waiting.popleft()
        browser.get(address)
        wait_to_see(browser, "h1")
        yield address
        for link in browser.execute_script(LINKS):
            is_new = kind_of(link) not in kinds and link.startswith(ours)
            if is_new and not NOT_FOLLOWED.search(link):
                kinds.add(kind_of(link))
                waiting.append(link)


def kind_of(address: str) -> tuple[str, ...]:
    """Give what pages of one kind have in common: all but whom or what they are about."""
    parts = urlsplit(address).path.strip("/").split("/")
    return tuple(parts) if len(parts) <= 2 else (*parts[:-1], "?")
