"""Apache Kafka's own jars, fetched once by Maven into the user's cache.

Kafka publishes its broker to Maven Central with the list of what it needs, so that a test can have
the real one where nobody installed it. Maven checks each against the checksum beside it.
"""

import fcntl
import os
import subprocess
import tempfile
from pathlib import Path

KAFKA = "4.4.0"
SLF4J = "1.7.36"  # what this Kafka is built against: a newer one wouldn't find its own parts
FETCHER = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
FETCH_SECONDS = 900

# `slf4j-simple` writes to the standard error, and needs no file of settings as log4j does.
PROJECT = f"""<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>xueji</groupId>
  <artifactId>kafka-for-tests</artifactId>
  <version>1</version>
  <dependencies>
    <dependency>
      <groupId>org.apache.kafka</groupId>
      <artifactId>kafka_2.13</artifactId>
      <version>{KAFKA}</version>
    </dependency>
    <dependency>
      <groupId>org.slf4j</groupId>
      <artifactId>slf4j-simple</artifactId>
      <version>{SLF4J}</version>
    </dependency>
  </dependencies>
</project>
"""


class NotFetched(Exception):
    """Maven could not fetch the jars; the message says what it said."""


def cached_jars() -> Path | None:
    """Give the folder with the jars where an earlier run has fetched them."""
    folder = _cache() / f"kafka-{KAFKA}"
    return folder if folder.is_dir() else None


def fetched_jars(maven: str) -> Path:
    """Give the folder with Kafka's jars and all that they need, fetching them the first time.

    Several test processes may ask at once: one fetches, the others wait for it. The folder gets
    its name when it is complete, so that an interrupted fetch leaves nothing half done behind.
    """
    cache = _cache()
    try:
        cache.mkdir(parents=True, exist_ok=True)
        opened = (cache / "kafka.lock").open("w")
    except OSError as error:
        raise NotFetched(str(error)) from error
    with opened as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if found := cached_jars():
            return found
        with tempfile.TemporaryDirectory(dir=cache, prefix="kafka-fetching-") as beside:
            _fetch(maven, Path(beside))
            return (Path(beside) / "jars").rename(cache / f"kafka-{KAFKA}")


def _fetch(maven: str, folder: Path) -> None:
    (folder / "pom.xml").write_text(PROJECT, encoding="utf-8")
    command = [maven, "--batch-mode", "--quiet", FETCHER, "-DincludeScope=runtime"]
    command += ["-DoutputDirectory=jars", "-Dmdep.useSubDirectoryPerScope=false"]
    try:
        done = subprocess.run(
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=FETCH_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise NotFetched(f"no answer within {FETCH_SECONDS} seconds") from error
    if done.returncode:
        errors = [line for line in done.stdout.splitlines() if line.startswith("[ERROR]")]
        raise NotFetched(errors[0].removeprefix("[ERROR]").strip() if errors else done.stdout)


def _cache() -> Path:
    """Where a user's programs keep what they can fetch again, as the XDG's specification has it."""
    base = os.environ.get("XDG_CACHE_HOME", "")
    if not os.path.isabs(base):
        base = os.path.expanduser("~/.cache")
    return Path(base) / "xueji"
