"""Settings come from the environment and from files; processes that start at once share a key."""

import multiprocessing
import stat
import warnings
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest
from pydantic import ValidationError

from api import settings as settings_module
from api.server_file import read_server_file, remove_server_file, write_server_file
from api.settings import Settings

AT_ONCE = 8


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of secrets that the environment names."""
    monkeypatch.setenv("XUEJI_SECRETS_DIRECTORY", str(tmp_path))
    return tmp_path


def test_a_file_called_as_a_setting_is_its_value(folder: Path) -> None:
    (folder / "xueji_record_dsn").write_text("postgresql://xueji:s3cret@postgresql/xueji\n")
    (folder / "another_programs").write_text("not ours")
    assert Settings().record_dsn == "postgresql://xueji:s3cret@postgresql/xueji"


def test_the_environment_holds_before_a_file(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "xueji_page_size").write_text("7")
    assert Settings().page_size == 7
    monkeypatch.setenv("XUEJI_PAGE_SIZE", "8")
    assert Settings().page_size == 8
    assert Settings(page_size=9).page_size == 9


def test_a_files_value_is_checked_like_any_other(folder: Path) -> None:
    (folder / "xueji_port").write_text("-1")
    with pytest.raises(ValidationError, match="port"):
        Settings()


def test_the_usual_folder_is_read_unless_another_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings_module, "SECRETS_FOLDER", tmp_path)
    (tmp_path / "xueji_page_size").write_text("7")
    assert Settings().page_size == 7


def test_without_any_folder_of_secrets_nothing_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings_module, "SECRETS_FOLDER", tmp_path / "missing")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Settings()


def test_a_cluster_is_of_servers() -> None:
    with pytest.raises(ValidationError, match="XUEJI_CLICKHOUSE_DSN"):
        Settings(clickhouse_cluster="district")
    with pytest.raises(ValidationError, match="clickhouse_cluster"):
        Settings(clickhouse_dsn="http://clickhouse", clickhouse_cluster="a'b")


# Several processes on one data directory ------------------------------------------------------


def test_processes_that_start_at_once_get_one_key(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    barrier = context.Barrier(AT_ONCE)
    results = context.SimpleQueue()
    started = [
        context.Process(target=_tell_pepper, args=(tmp_path, barrier, results))
        for _ in range(AT_ONCE)
    ]
    for process in started:
        process.start()
    peppers = {results.get() for _ in started}
    for process in started:
        process.join()
    (pepper,) = peppers
    assert len(pepper) == 64
    (file,) = tmp_path.iterdir()  # and no part of a key is left behind
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


def _tell_pepper(
    folder: Path, barrier: Barrier, results: "multiprocessing.SimpleQueue[bytes]"
) -> None:
    settings = Settings(data_directory=folder)
    barrier.wait()
    try:
        results.put(settings.pepper())
    except Exception as error:
        results.put(repr(error).encode())


def test_who_comes_second_takes_the_key_that_is_there(tmp_path: Path) -> None:
    file = tmp_path / "secret.key"
    file.write_bytes(b"first" * 16)
    settings_module._make_key(file)
    assert Settings(data_directory=tmp_path).pepper() == b"first" * 16
    assert list(tmp_path.iterdir()) == [file]


def test_each_instance_has_a_server_file_of_its_own(tmp_path: Path) -> None:
    only, one, two = (Settings(data_directory=tmp_path, instance=name) for name in ("", "1", "2"))
    assert only.server_file.name == "server.json"
    told = write_server_file(one.server_file, "0.0.0.0", 8080)
    other = write_server_file(two.server_file, "0.0.0.0", 8080)
    assert read_server_file(one.server_file) == told
    remove_server_file(one.server_file, told)
    assert read_server_file(two.server_file) == other
    with pytest.raises(ValidationError, match="instance"):
        Settings(instance="../elsewhere")


SASL = {"kafka_security_protocol": "SASL_SSL", "kafka_sasl_mechanism": "PLAIN"}


@pytest.mark.parametrize(
    ("given", "setting", "rule"),
    [
        ({"kafka_security_protocol": "TLS"}, "kafka_security_protocol", "'SASL_SSL'"),
        ({**SASL, "kafka_sasl_mechanism": "GSSAPI"}, "kafka_sasl_mechanism", "'SCRAM-SHA-512'"),
        ({"kafka_security_protocol": "SASL_SSL"}, "kafka_sasl_mechanism", "is needed"),
        ({**SASL, "kafka_password": "hush"}, "kafka_username", "is needed"),
        ({**SASL, "kafka_username": "u"}, "kafka_password", "is needed"),
        ({"kafka_password": "hush"}, "kafka_password", "=SASL_SSL or SASL_PLAINTEXT"),
        ({"kafka_ca_file": __file__}, "kafka_ca_file", "=SSL or SASL_SSL"),
        (
            {"kafka_security_protocol": "SSL", "kafka_ca_file": "/nowhere.pem"},
            "kafka_ca_file",
            "No such file or directory: /nowhere.pem",
        ),
        (
            {"kafka_security_protocol": "SSL", "kafka_key_file": __file__},
            "kafka_key_file",
            "needs XUEJI_KAFKA_CERTIFICATE_FILE",
        ),
    ],
)
def test_settings_of_kafka_that_do_not_fit_together_are_named(
    given: dict[str, str], setting: str, rule: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        Settings(**given)  # type: ignore[arg-type]
    told = {problem["loc"][0]: problem["msg"] for problem in refused.value.errors()}
    assert rule in told[setting]
    assert "hush" not in str(refused.value)


def test_the_way_to_kafka_is_what_the_settings_say_and_shows_no_password() -> None:
    settings = Settings(
        **SASL,  # type: ignore[arg-type]
        kafka_brokers="kafka:9093",
        kafka_ca_file=__file__,
        kafka_username="xueji",
        kafka_password="hush",
    )
    assert settings.broker.settings == {
        "bootstrap.servers": "kafka:9093",
        "security.protocol": "sasl_ssl",
        "ssl.ca.location": __file__,
        "sasl.mechanism": "PLAIN",
        "sasl.username": "xueji",
        "sasl.password": "hush",
    }
    assert "hush" not in repr(settings) + repr(settings.broker)
