"""The compose file and the image say what is so: commands, settings, secrets, volumes, sources.

There is no Docker on the machines of these tests: that the containers start is not shown here.
"""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from api.command_line import main
from api.settings import SECRETS_FOLDER, Settings
from tests.support.kafka_jars import KAFKA

ROOT = Path(__file__).parents[1]
DOCKER = ROOT / "docker"
COMPOSE: dict[str, Any] = yaml.safe_load((DOCKER / "compose.yaml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
DOCKERFILE = (DOCKER / "Dockerfile").read_text("utf-8")
PROXY = (DOCKER / "proxy.conf").read_text("utf-8")
ONCE = {"secrets"}  # runs, and ends
OURS = sorted(name for name, one in SERVICES.items() if one["image"].startswith("xueji:"))
PINNED = re.compile(r"[\w./-]+:\d+(\.\d+)+(-[\w.-]+)?")
PASSWORD = re.compile(r"password|secret|dsn|token", re.IGNORECASE)


def mounts(service: str) -> dict[str, str]:
    """Give what a service mounts, by the folder where it does."""
    split = (volume.split(":") for volume in SERVICES[service].get("volumes", []))
    return {where: what for what, where, *_ in split}


def written(folder: Path) -> dict[str, set[str]]:
    """Make the secrets; gives the names of the files by the volume they are in."""
    command = [sys.executable, str(DOCKER / "make_secrets.py"), str(folder)]
    subprocess.run(command, check=True, timeout=60)
    return {
        f"secrets-{one.name}": {file.name for file in one.iterdir()} for one in folder.iterdir()
    }


@pytest.mark.parametrize("name", SERVICES)
def test_every_service_has_an_image_limits_and_a_policy_of_restarting(name: str) -> None:
    service = SERVICES[name]
    assert PINNED.fullmatch(service["image"])
    assert service["mem_limit"]
    assert service["cpus"] > 0
    assert service["restart"] == ("no" if name in ONCE else "unless-stopped")


@pytest.mark.parametrize("name", sorted(SERVICES.keys() - ONCE))
def test_every_service_tells_whether_it_is_well(name: str) -> None:
    check = SERVICES[name]["healthcheck"]
    assert check["test"][0] in {"CMD", "CMD-SHELL"}
    assert {"interval", "timeout", "retries"} <= check.keys()


@pytest.mark.parametrize("name", SERVICES)
def test_what_a_service_waits_for_is_there(name: str) -> None:
    for other, how in SERVICES[name].get("depends_on", {}).items():
        expected = "completed_successfully" if other in ONCE else "healthy"
        assert how == {"condition": f"service_{expected}"}
        assert other in SERVICES


def test_the_roles_are_there() -> None:
    commands = [tuple(one.get("command", ())) for one in SERVICES.values()]
    assert commands.count(("xueji", "serve")) == 2
    assert commands.count(("xueji", "relay")) == 1
    workers = [command for command in commands if command[:2] == ("xueji", "worker")]
    assert len(workers) == len(set(workers)) == 2


@pytest.mark.parametrize("name", OURS)
def test_every_command_is_one_of_xuejis(name: str) -> None:
    command = SERVICES[name]["command"]
    if command[0] == "python":
        assert f"COPY docker/make_secrets.py {command[1]}\n" in DOCKERFILE
        return
    program, subcommand, *options = command
    assert program == "xueji"
    done = CliRunner().invoke(main, [subcommand, "--help"])
    assert done.exit_code == 0, done.output
    assert all(option in done.output for option in options if option.startswith("--"))


def test_every_setting_is_one_of_xuejis() -> None:
    known = {f"XUEJI_{name.upper()}" for name in Settings.model_fields}
    used = {key for one in SERVICES.values() for key in one.get("environment", {})}
    in_image = set(re.findall(r"\b(XUEJI_\w+)=", DOCKERFILE))
    assert {key for key in used | in_image if key.startswith("XUEJI_")} <= known


@pytest.mark.parametrize("name", [name for name in OURS if name not in ONCE])
def test_the_settings_of_every_role_can_be_read(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path)
    for key, value in SERVICES[name]["environment"].items():
        monkeypatch.setenv(key, value)
    monkeypatch.setenv("XUEJI_SECRETS_DIRECTORY", str(tmp_path / "xueji"))
    settings = Settings()
    assert settings.record_dsn.startswith("postgresql://xueji:")
    assert settings.record_dsn.endswith("@postgresql:5432/xueji")
    assert settings.clickhouse_dsn.startswith("http://xueji:")
    assert settings.carrier == "workers"


# Secrets and volumes -----------------------------------------------------------------------------


def test_no_secret_stands_in_an_environment() -> None:
    for service in SERVICES.values():
        for key, value in service.get("environment", {}).items():
            assert not PASSWORD.search(key) or value.startswith(f"{SECRETS_FOLDER}/"), key


def test_every_secret_that_is_read_is_made(tmp_path: Path) -> None:
    made = written(tmp_path)
    for name, service in SERVICES.items():
        files = re.findall(rf"{SECRETS_FOLDER}/(\w+)", yaml.dump(service))
        if files or name in set(OURS) - ONCE:
            assert set(files) <= made[mounts(name)[str(SECRETS_FOLDER)]]
    fields = {f"xueji_{name}" for name in Settings.model_fields}
    assert made["secrets-xueji"] <= fields
    assert {f"/secrets/{volume.removeprefix('secrets-')}" for volume in made} == set(
        mounts("secrets")
    )


def test_secrets_are_made_once_and_agree(tmp_path: Path) -> None:
    written(tmp_path)
    files = sorted(file for file in tmp_path.rglob("*") if file.is_file())
    first = {file: file.read_text() for file in files}
    written(tmp_path)
    assert {file: file.read_text() for file in files} == first
    for engine, setting in (("postgresql", "record"), ("clickhouse", "clickhouse")):
        password = (tmp_path / engine / f"{engine}_password").read_text()
        assert len(password) == 64
        assert f":{password}@{engine}:" in (tmp_path / f"xueji/xueji_{setting}_dsn").read_text()


def test_every_volume_is_declared_and_used() -> None:
    named = {
        what for name in SERVICES for what in mounts(name).values() if not what.startswith(".")
    }
    assert named == set(COMPOSE["volumes"])


def test_every_file_that_is_mounted_is_there() -> None:
    named = [what for name in SERVICES for what in mounts(name).values() if what.startswith(".")]
    assert named
    assert [what for what in named if not (DOCKER / what).is_file()] == []


def test_api_processes_share_their_data_and_workers_share_none() -> None:
    data = "/var/lib/xueji"
    assert mounts("api-1")[data] == mounts("api-2")[data]
    assert mounts("worker-1")[data] != mounts("worker-2")[data]
    instances = {SERVICES[name]["environment"]["XUEJI_INSTANCE"] for name in ("api-1", "api-2")}
    assert instances == {"api-1", "api-2"}
    assert f"XUEJI_DATA_DIRECTORY={data}" in DOCKERFILE


# Images, proxy -----------------------------------------------------------------------------------


def test_the_image_is_built_from_what_is_there_by_a_pinned_python() -> None:
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert len(set(bases)) == 1
    assert PINNED.fullmatch(bases[0])
    sources = re.findall(r"^COPY (?!--from)(.+) \S+$", DOCKERFILE, re.MULTILINE)
    named = {source for line in sources for source in line.split()}
    assert {"requirements-kafka.lock", "api", "lrs"} <= named
    assert [source for source in named if not (ROOT / source).exists()] == []
    let_in = (DOCKER / "Dockerfile.dockerignore").read_text("utf-8")
    assert {line[1:] for line in let_in.splitlines() if line.startswith("!")} == named


def test_the_image_holds_every_room_that_is_packaged() -> None:
    project = (ROOT / "pyproject.toml").read_text("utf-8")
    packaged = re.search(r"^include = \[(.*)\]$", project, re.MULTILINE)
    assert packaged is not None
    for room in re.findall(r"\"(\w+)\*\"", packaged[1]):
        assert f"COPY {room} {room}\n" in DOCKERFILE


def test_the_image_runs_as_nobody_special_on_hashed_packages() -> None:
    assert re.search(r"^USER (?!root)\w+$", DOCKERFILE, re.MULTILINE)
    assert "--require-hashes --only-binary :all: -r requirements-kafka.lock" in DOCKERFILE


def test_kafka_is_of_the_version_that_the_tests_run() -> None:
    assert SERVICES["kafka"]["image"] == f"apache/kafka:{KAFKA}"


def test_the_proxy_passes_on_to_every_api_process() -> None:
    upstreams = dict(re.findall(r"^upstream (\w+) \{(.*?)^\}", PROXY, re.MULTILINE | re.DOTALL))
    processes = [name for name in SERVICES if name.startswith("api-")]
    for servers in upstreams.values():
        assert re.findall(r"server ([\w-]+):8080 ", servers) == processes
    assert set(re.findall(r"proxy_pass http://(\w+);", PROXY)) == upstreams.keys()


def test_only_the_proxy_is_reached_from_outside_and_from_this_machine_only() -> None:
    reached = {name: one["ports"] for name, one in SERVICES.items() if "ports" in one}
    assert reached == {"proxy": ["127.0.0.1:8080:8080"]}
