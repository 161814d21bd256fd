"""A teacher's five tasks, as docs/tasks.md tells them: what is clicked, and what is seen then.

    python -m tests.support.teacher_tasks var/tasks

makes a demo district, signs in as a teacher, does each task, and saves a picture of every step.
"""

import argparse
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple
from urllib.parse import quote

from selenium.webdriver import Chrome

from projections.prediction.calibration import Calibration
from projections.prediction.growth_learning import learn
from tests.support.browsing import wait_to_see
from tests.support.chromium import chromium
from tests.support.scores import made_up_scores
from tests.support.screenshots import LANGUAGE_COOKIE, LANGUAGES, save, wait_until_still
from tests.support.small_demo import SmallDemo, small_demo

MOST_CLICKS = 3
FIRST_PAGE = "/ui/students"


class Task(NamedTuple):
    """A question, the links that are clicked from the first page on, and where the answer is."""

    name: str
    question: str
    clicks: tuple[str, ...]  # CSS selectors; {student} is the end of a student's address
    seen: str


_CLASSES, _LESSONS = (f"nav a[href='/ui/{name}']" for name in ("classes", "lessons"))
_CLASS, _LESSON = (f"tbody a[href^='/ui/{name}/']" for name in ("classes", "lessons"))
_STUDENT = "td[data-key=name] a[href$='{student}']"
TASKS = (
    Task(
        "who-needs-help",
        "今天谁需要帮助？ Who needs help today?",
        (_CLASSES, _CLASS),
        ".xj-warned-card .xj-risks li, .xj-risk-card .xj-risks li",
    ),
    Task(
        "what-went-wrong",
        "昨天的课哪里出了问题？ What went wrong in yesterday's lesson?",
        (_LESSONS, _LESSON),
        ".xj-questions > li",
    ),
    Task(
        "what-homework",
        "布置什么作业？ What homework to give?",
        (_CLASSES, _CLASS),
        ".xj-class-homework-card tbody tr",
    ),
    Task(
        "why-this-level",
        "这名学生为什么是这个等第？ Why did this student get this level?",
        (_STUDENT, ".xj-short-result .xj-evidence-link", "td[data-key=evidence] a"),
        ".xj-facts > li",
    ),
    Task(
        "in-four-weeks",
        "四周后这名学生会怎样？ How will this student stand in four weeks?",
        (_STUDENT,),
        "[data-said=forecast]",
    ),
)


def calibration() -> Calibration:
    """Give a calibration of made-up scores, so that something is foretold of a small demo."""
    return Calibration("made-up", growth=learn(made_up_scores(1, learners=80)))


def steps(driver: Chrome, task: Task, student: str) -> Iterator[str]:
    """Do a task from the first page on; gives the address after each click."""
    for click in task.clicks:
        selector = click.format(student=quote(student, safe=""))
        wait_to_see(driver, selector).click()
        yield driver.current_url
    wait_to_see(driver, task.seen)


def main() -> None:
    """Save a picture of every step and print their names."""
    parser = argparse.ArgumentParser(description="Save pictures of a teacher's five tasks.")
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args().folder
    with (
        TemporaryDirectory(prefix="xueji-tasks-") as data,
        chromium() as driver,
        small_demo(Path(data), calibration()) as demo,
    ):
        student = str(demo.ask("/v1/students", "student")["students"][0]["person"])
        for language in LANGUAGES:
            for task in TASKS:
                _take(driver, demo, task, student, folder / language / task.name, language)


def _take(
    driver: Chrome, demo: SmallDemo, task: Task, student: str, folder: Path, language: str
) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    driver.get(demo.link(FIRST_PAGE, "teacher"))
    driver.add_cookie({"name": LANGUAGE_COOKIE, "value": language, "path": "/ui"})
    driver.refresh()
    for address in steps(driver, task, student):
        wait_until_still(driver)
        for saved in save(driver, address, folder):
            print(saved, flush=True)


if __name__ == "__main__":
    main()
