"""A server with a small demo district in it, roster and all, and visitors in every role."""

from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx

from api.opening import opened_record
from api.roster.importing import DEFAULT_SOURCE, import_roster
from api.roster.plan import Import
from api.settings import Settings
from apps.district import SCALES, TERM, make_district
from apps.roster import roster_files
from apps.teaching import ACCOUNTS
from apps.truth import Truth
from lrs.credentials import Credentials
from lrs.drafts import make_authority
from lrs.holders import Holder
from lrs.record import Record
from projections.prediction.calibration import Calibration
from streams.published_calibrations import Published, calibration_declaration
from tests.support.demo_record import STORE, fill
from tests.support.servers import Key, Server, running_server

SCHOOL_DAYS = 2
STUDENTS_OF_A_CLASS = 7
CLASS, OTHER_CLASS, SCHOOL = "riverside-5-1", "cloud-ridge-5-1", "riverside"


@dataclass
class SmallDemo:
    """The server, what is true of its district, and the visitors by their roles."""

    server: Server
    truth: Truth
    keys: Mapping[str, Key]

    @property
    def address(self) -> str:
        """Where it answers."""
        return self.server.address

    def ask(self, path: str, role: str = "evaluator", **parameters: str) -> dict[str, Any]:
        """Ask the API as somebody in a role."""
        key = self.keys[role]
        address = httpx.URL(self.address + path).copy_merge_params(parameters)
        found = httpx.get(address, auth=(key.key, key.secret), timeout=30)
        assert found.status_code == 200, found.text
        answer: dict[str, Any] = found.json()
        return answer

    def post(self, path: str, role: str = "evaluator", **request: Any) -> dict[str, Any]:
        """Post something to the API as somebody in a role; gives what it answers."""
        key = self.keys[role]
        address = self.address + path
        found = httpx.post(address, auth=(key.key, key.secret), timeout=30, **request)
        assert found.status_code == 200, found.text
        answer: dict[str, Any] = found.json()
        return answer

    def link(self, wanted: str, role: str = "evaluator") -> str:
        """Give a one-time link that signs in as somebody in a role and leads to a page."""
        key = self.keys[role]
        made = httpx.post(f"{self.address}/ui/tickets", auth=(key.key, key.secret))
        assert made.status_code == 201, made.text
        return str(
            httpx.URL(self.address + made.json()["path"]).copy_merge_params({"wanted": wanted})
        )


@contextmanager
def small_demo(folder: Path, calibration: Calibration | None = None) -> Iterator[SmallDemo]:
    """Fill a record with the demo district, serve it, and wait until all is projected.

    With a calibration, that one is published before, so that rows are folded under it.
    """
    scale = SCALES["small"]
    students = STUDENTS_OF_A_CLASS * scale.classes
    truth = Truth(make_district(1, replace(scale, students=students, school_days=SCHOOL_DAYS)))
    settings = Settings(data_directory=folder)
    with opened_record(settings) as record:
        _import_roster(record, truth, settings)
        deque(fill(record, truth), maxlen=0)
        if calibration is not None:
            published = calibration_declaration(Published(calibration, {}))
            record.declare_now(STORE, [published], make_authority(settings.home_page, STORE).json)
        position = record.last_position()
        keys = _make_keys(Credentials(record.statements, settings.pepper()), truth)
    with running_server(folder) as server:
        demo = SmallDemo(server, truth, keys)
        demo.ask("/v1/students", after=str(position))
        yield demo


def _import_roster(record: Record, truth: Truth, settings: Settings) -> None:
    files = {name: text.encode() for name, text in roster_files(truth.district).items()}
    how = Import(DEFAULT_SOURCE, ACCOUNTS, TERM[0].isoformat())
    import_roster(record, STORE, files, how, make_authority(settings.home_page, STORE).json)


def _make_keys(credentials: Credentials, truth: Truth) -> dict[str, Key]:
    """Make a credential of each role, of people of CLASS and SCHOOL; `stranger` has no records."""
    group = next(one for one in truth.district.classes if one.code == CLASS)
    holders = {
        "evaluator": Holder("evaluator"),
        "school_leader": Holder("school_leader", schools=(SCHOOL,)),
        "teacher": Holder("teacher", person=group.teachers["mathematics"].person.key),
        "student": Holder("student", person=group.memberships[0].student.person.key),
    }
    made = {role: credentials.add(STORE, role, (), holder=one) for role, one in holders.items()}
    made["publisher"] = credentials.add(STORE, "publisher", ["all"])
    made["stranger"] = credentials.add("new-school", "stranger", ["projections/read"])
    return {role: Key(credential.key, secret) for role, (credential, secret) in made.items()}
