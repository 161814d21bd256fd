"""The rules of the whole tree: one-way imports, a true lock, files that say why they exist."""

import ast
import os
import re
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from importlinter.cli import lint_imports
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from api.settings import Settings

ROOT = Path(__file__).parents[1]
SERVED_ROOMS = ("lrs", "projections", "streams", "api", "apps")
ROOMS = (*SERVED_ROOMS, "tests", "bench")
# Named to uvicorn; found by `zoneinfo`, `clickhouse-connect` and the record's cipher; building.
USED_WITHOUT_IMPORT = {"httptools", "uvloop", "tzdata", "chdb", "cryptography", "setuptools"}
LOCKS = ("requirements.lock", "requirements-kafka.lock", "requirements-test.lock")
INSTALLING = (*LOCKS, "Makefile", ".ci/run", "pyproject.toml", "docker/Dockerfile")
NOT_OURS = {"var", "build", "dist", "node_modules", "__pycache__"}

LOCKED = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>[^ ;\\]+)", re.MULTILINE)
ENTRY = re.compile(
    r"[\w.-]+==\S+( ; [^\\]+)? \\\n( {4}--hash=sha256:[0-9a-f]{64}( \\)?\n)+( {4}#.*\n)*"
)
MACHINE_PATH = re.compile(r"(?<![\w.~$})-])/(?:(?:work|root|tmp)/|(?:home|Users)/\w)")
PRIVATE_ADDRESS = re.compile(r"//(?:10|192\.168|172\.(?:1[6-9]|2\d|3[01]))(?:\.\d{1,3}){2,3}\b")
ADDRESS = re.compile(r"https?://(?!127\.0\.0\.1|localhost)[^\s\"'`]+")
REGISTRY_OPTION = re.compile(
    r"--(?:default-|extra-)?index(?:-url)?\b|--find-links|--trusted-host|--registry|\b_?index[-_]url\b"
)
SETTING = re.compile(r"^\| `(?P<name>XUEJI_\w+)` \| (?:`(?P<default>[^`]*)`)? ?\|", re.MULTILINE)
DEPENDENCY = re.compile(r"^\| (?P<name>[\w-]+) \| (?P<version>\d\S*) \|", re.MULTILINE)
FIRST_LINES = {
    ".py": re.compile(r'r?"""\S'),
    ".sql": re.compile(r"-- \S"),
    ".yaml": re.compile(r"# \S"),
}


def files() -> Iterator[Path]:
    """Give every file of the project, without what is built, installed or kept by a server."""
    for folder, names, found in os.walk(ROOT):
        names[:] = [
            name
            for name in names
            if name == ".ci"
            or not (name in NOT_OURS or name.startswith(".") or name.endswith(".egg-info"))
        ]
        yield from (Path(folder, name) for name in found)


def texts() -> Iterator[tuple[str, str]]:
    """Give path and text of every file of the project that is text."""
    for path in files():
        try:
            yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def found_in_texts(pattern: re.Pattern[str]) -> list[str]:
    return [f"{path}: {hit[0]}" for path, text in texts() for hit in pattern.finditer(text)]


def locked(lock: str) -> dict[str, str]:
    text = (ROOT / lock).read_text(encoding="utf-8")
    return {canonicalize_name(hit["name"]): hit["version"] for hit in LOCKED.finditer(text)}


def imported(rooms: tuple[str, ...]) -> dict[str, set[str]]:
    """Give the published packages that have what the Python files of some rooms import."""
    names = set()
    for path, text in texts():
        if path.startswith(rooms) and path.endswith(".py"):
            for node in ast.walk(ast.parse(text, path)):
                if isinstance(node, ast.Import):
                    names |= {alias.name.partition(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    names.add(node.module.partition(".")[0])
    published = packages_distributions()
    return {
        name: {canonicalize_name(package) for package in published[name]}
        for name in (names - set(ROOMS)) & published.keys()
    }


def extra(name: str) -> list[Requirement]:
    """Give what pyproject.toml states for one of its extras."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return [Requirement(line) for line in project["project"]["optional-dependencies"][name]]


def stated() -> dict[str, list[Requirement]]:
    """Give the requirements that pyproject.toml states, by the lock that has to hold them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    runtime = project["project"]["dependencies"] + project["dependency-groups"]["build"]
    tests = runtime + project["dependency-groups"]["lock"]
    served, all_of_them = ([Requirement(line) for line in lines] for lines in (runtime, tests))
    with_kafka = served + extra("kafka")
    everything = all_of_them + extra("kafka") + extra("test")
    return dict(zip(LOCKS, (served, with_kafka, everything), strict=True))


def test_imports_point_one_way(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    code = lint_imports(config_filename="pyproject.toml")
    assert code == 0, capsys.readouterr().out


@pytest.mark.parametrize("lock", LOCKS)
def test_the_lock_holds_only_exact_versions_with_hashes(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    header = re.match(r"(#.*\n)*", text)
    assert header is not None
    rest = ENTRY.sub("", text[header.end() :])
    assert rest == "", f"not a version with its hashes: {rest[:200]}"


@pytest.mark.parametrize("lock", LOCKS)
def test_the_lock_holds_what_pyproject_states(lock: str) -> None:
    versions = locked(lock)
    for requirement in stated()[lock]:
        version = versions.get(canonicalize_name(requirement.name))
        assert version is not None, f"{lock} has no {requirement.name}: run `make lock`"
        assert requirement.specifier.contains(version), f"{requirement} is not {version}"


def test_tests_run_on_the_versions_that_are_served() -> None:
    runtime, with_kafka, tests = (locked(lock) for lock in LOCKS)
    assert {name: with_kafka.get(name) for name in runtime} == runtime
    assert {name: tests.get(name) for name in with_kafka} == with_kafka


def test_every_file_of_a_served_room_is_in_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    packed = {
        path
        for room, patterns in project["tool"]["setuptools"]["package-data"].items()
        for pattern in patterns
        for path in (ROOT / room).glob(pattern)
    }
    left_out = [
        str(path.relative_to(ROOT))
        for path in files()
        if path.relative_to(ROOT).parts[0] in SERVED_ROOMS
        and path.suffix not in (".py", ".pyc")
        and path not in packed
    ]
    assert left_out == []


def test_every_package_imported_is_stated_with_its_version() -> None:
    for lock, rooms in ((LOCKS[0], SERVED_ROOMS), (LOCKS[-1], (*SERVED_ROOMS, "tests", "bench"))):
        requirements = stated()[lock] + extra("kafka")
        names = {canonicalize_name(requirement.name) for requirement in requirements}
        assert [name for name, packages in imported(rooms).items() if not packages & names] == []


def test_every_package_stated_is_used() -> None:
    runtime = {canonicalize_name(requirement.name) for requirement in stated()[LOCKS[0]]}
    used = USED_WITHOUT_IMPORT.union(*imported((*SERVED_ROOMS, "bench")).values())
    assert runtime - used == set()


@pytest.mark.parametrize("language", ["", ".zh"])
def test_the_readme_tells_every_setting_and_its_default(language: str) -> None:
    text = (ROOT / f"README{language}.md").read_text(encoding="utf-8")
    told = {row["name"]: row["default"] or "" for row in SETTING.finditer(text)}
    fields = Settings.model_fields.items()
    assert told == {f"XUEJI_{name.upper()}": str(field.default) for name, field in fields}


def test_the_dependencies_are_told_with_the_versions_that_are_locked() -> None:
    text = (ROOT / "docs/dependencies.md").read_text(encoding="utf-8")
    told = {canonicalize_name(row["name"]): row["version"] for row in DEPENDENCY.finditer(text)}
    versions = locked(LOCKS[-1])
    names = {canonicalize_name(requirement.name) for requirement in stated()[LOCKS[-1]]}
    assert told == {name: versions[name] for name in names}


@pytest.mark.parametrize("path", INSTALLING)
def test_what_installs_names_no_registry_and_no_address(path: str) -> None:
    text = (ROOT / path).read_text(encoding="utf-8")
    assert ADDRESS.findall(text) == []
    assert REGISTRY_OPTION.findall(text) == []


def test_no_file_names_a_path_of_one_machine() -> None:
    assert found_in_texts(MACHINE_PATH) == []


def test_no_file_names_an_address_of_one_network() -> None:
    assert found_in_texts(PRIVATE_ADDRESS) == []


def test_every_source_file_says_in_its_first_line_why_it_exists() -> None:
    silent = [
        path
        for path, text in texts()
        if path.startswith(ROOMS)
        and (rule := FIRST_LINES.get(Path(path).suffix))
        and not rule.match(text)
    ]
    assert silent == []
