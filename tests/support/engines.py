"""The engines that some tests need, how they are found, and what follows where one is missing.

A test that needs an engine carries its mark (``postgresql``, ``chromium``, ``kafka``, ``node``),
given by hand or by asking for a fixture that starts it. Where the engine is missing the test is
left out with the reason; where `XUEJI_REQUIRE` names the engine it fails, so that nothing goes
untested unseen.
"""

import glob
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.support.kafka_jars import NotFetched, cached_jars, fetched_jars

OLDEST_JAVA = 17
OLDEST_NODE = 18

POSTGRESQL_FOLDERS = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
)
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome")


class Missing(Exception):
    """An engine isn't on this machine; the message says what to install."""


@dataclass(frozen=True)
class Chromium:
    """Where the browser and the driver of its version lie."""

    browser: Path
    driver: Path


@cache
def find_postgresql() -> Path:
    """Give the folder with `initdb` and `postgres`: the one on PATH, else the newest installed."""
    on_path = shutil.which("postgres")
    installed = [Path(found) for pattern in POSTGRESQL_FOLDERS for found in glob.glob(pattern)]
    installed.sort(key=_numbers, reverse=True)
    for folder in [Path(on_path).parent, *installed] if on_path else installed:
        if (folder / "initdb").is_file() and (folder / "postgres").is_file():
            return folder
    raise Missing("PostgreSQL's server programs are not installed (Debian: postgresql)")


@cache
def find_chromium() -> Chromium:
    """Give Chromium and ChromeDriver from PATH."""
    browser = next(filter(None, map(shutil.which, CHROMIUM_NAMES)), None)
    driver = shutil.which("chromedriver")
    if browser is None or driver is None:
        raise Missing("Chromium or ChromeDriver is not installed (Debian: chromium-driver)")
    return Chromium(Path(browser), Path(driver))


@cache
def find_java() -> Path:
    """Give `java` from PATH if it is new enough to run Apache Kafka."""
    java = shutil.which("java")
    if java is None:
        raise Missing("Java is not installed (Debian: default-jre-headless)")
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False).stderr
    version = re.search(r'version "(\d+)', said)
    if version is None or int(version[1]) < OLDEST_JAVA:
        raise Missing(f"Java {OLDEST_JAVA} or newer is needed (Debian: default-jre-headless)")
    return Path(java)


@dataclass(frozen=True)
class KafkaParts:
    """What Apache Kafka is started from: a Java runtime, and the folder with its jars."""

    java: Path
    jars: Path


@cache
def find_kafka() -> KafkaParts:
    """Give what runs Apache Kafka; its jars are fetched by Maven the first time."""
    java = find_java()
    if jars := cached_jars():
        return KafkaParts(java, jars)
    maven = shutil.which("mvn")
    if maven is None:
        raise Missing("Maven, which fetches Apache Kafka, is not installed (Debian: maven)")
    try:
        return KafkaParts(java, fetched_jars(maven))
    except NotFetched as error:
        raise Missing(f"Maven could not fetch Apache Kafka: {error}") from error


@dataclass(frozen=True)
class Node:
    """Where the JavaScript runtime and its package manager lie."""

    node: Path
    npm: Path


@cache
def find_node() -> Node:
    """Give `node` and `npm` from PATH if they are new enough for today's packages."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if node is None or npm is None:
        raise Missing("Node.js or npm is not installed (Debian: nodejs and npm)")
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    version = re.match(r"v(\d+)", said)
    if version is None or int(version[1]) < OLDEST_NODE:
        raise Missing(f"Node.js {OLDEST_NODE} or newer is needed (Debian: nodejs)")
    return Node(Path(node), Path(npm))


FINDERS: Mapping[str, Callable[[], object]] = {
    "postgresql": find_postgresql,
    "chromium": find_chromium,
    "kafka": find_kafka,
    "node": find_node,
}

FIXTURES: Mapping[str, str] = {
    "postgresql_dsn": "postgresql",
    "postgresql_schema": "postgresql",
    "browser": "chromium",
    "kafka_server": "kafka",
    "node_packages": "node",
}


def required(text: str | None = None) -> frozenset[str]:
    """Read `XUEJI_REQUIRE`: engines' names with commas between; ValueError for an unknown one."""
    text = os.environ.get("XUEJI_REQUIRE", "") if text is None else text
    names = frozenset(name for part in text.split(",") if (name := part.strip()))
    if unknown := names - FINDERS.keys():
        raise ValueError(
            f"XUEJI_REQUIRE names {', '.join(sorted(unknown))}; known: {', '.join(FINDERS)}"
        )
    return names


@cache
def missing(engine: str) -> str | None:
    """Say why an engine can't be used here; None where it can."""
    try:
        FINDERS[engine]()
    except Missing as reason:
        return str(reason)
    return None


def _numbers(path: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", str(path))]
