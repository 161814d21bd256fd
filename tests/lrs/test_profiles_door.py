"""Statements are held against the profiles they claim, with what the record knows of them."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import orjson
import pytest

from lrs.credentials import Credential
from lrs.profiles import (
    Door,
    Finding,
    Mode,
    Registry,
    Report,
    UnknownProfileError,
    checking,
    count_findings,
    list_findings,
    record_findings,
    registry,
)
from lrs.record import Record
from lrs.validation import Violation
from tests.support.profile_documents import (
    BASE,
    BOOK,
    PAGE,
    REGISTRATION,
    VERSION,
    at,
    changed,
    document,
    named,
    read,
    subregistration,
    template,
    template_id,
    verb,
)
from tests.support.records import draft, statement, statement_id, voiding

AUTHORITY = {"objectType": "Agent", "account": {"homePage": "https://a.example", "name": "reader"}}
TEACHING_CYCLE = Path(__file__).parents[2] / "projections/profiles/teaching-cycle.jsonld"
OTHER = "6e1c5d4a-1b2c-4d3e-8f90-a1b2c3d4e5f6"


@pytest.fixture
def door(record: Record) -> Door:
    made = Door.of(record)
    made.registry.add("district", orjson.dumps(document()))
    return made


def store(record: Record, *statements: dict[str, Any], store: str = "district") -> list[str]:
    drafts = [draft(one, store) for one in statements]
    return record.store_statements_now(store, drafts).statement_ids


def check(door: Door, *statements: dict[str, Any], store: str = "district") -> list[Finding]:
    return door.check(store, statements, AUTHORITY)


def told(door: Door, *statements: dict[str, Any], fields: str = "kind") -> list[Any]:
    return [named(finding, fields) for finding in check(door, *statements)]


def credential(profile_check: str | None = None, store: str = "district") -> Credential:
    return Credential("k" * 32, store, "reader", frozenset(("all",)), 0, None, None, profile_check)


# Modes -------------------------------------------------------------------------------------------


def test_nothing_is_looked_at_until_a_mode_is_chosen(door: Door) -> None:
    assert door.mode(credential()) is Mode.OFF
    door.registry.set_mode("district", Mode.ENFORCE)
    assert door.mode(credential()) is Mode.ENFORCE
    assert door.mode(credential(store="other")) is Mode.OFF
    door.registry.set_mode("district", Mode.REPORT)
    assert door.mode(credential()) is Mode.REPORT


@pytest.mark.parametrize("own", list(Mode))
def test_a_credential_may_have_a_mode_of_its_own(door: Door, own: Mode) -> None:
    door.registry.set_mode("district", Mode.REPORT)
    assert door.mode(credential(own.value)) is own


def test_changes_reach_other_processes_within_a_second(
    record: Record, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr(registry, "monotonic", lambda: now[0])
    there = Registry(record.statements)
    assert there.mode("district") is Mode.OFF
    assert list(there.profiles("district").followed) == [VERSION]
    door.registry.set_mode("district", Mode.ENFORCE)
    door.registry.remove("district", VERSION)
    now[0] += 1.0
    assert there.mode("district") is Mode.ENFORCE
    assert not there.profiles("district")


def test_one_looks_for_a_change_while_others_go_on(
    record: Record, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [1000.0]
    monkeypatch.setattr(registry, "monotonic", lambda: now[0])
    there = Registry(record.statements)
    assert there.modes_are_due()
    there.read_modes()
    assert not there.modes_are_due()
    now[0] += 0.5
    assert [there.modes_are_due() for _ in range(3)] == [True, False, False]
    door.registry.set_mode("district", Mode.ENFORCE)
    assert there.mode("district") is Mode.OFF
    there.read_modes()
    assert there.mode("district") is Mode.ENFORCE
    now[0] += 0.9
    assert all(there.modes_are_due() for _ in range(3))


def test_what_is_remembered_costs_no_query(
    record: Record, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "monotonic", lambda: 1000.0)
    door.mode(credential())
    profiles = door.registry.profiles("district")

    def refuse(*_: Any) -> list[Any]:
        raise AssertionError("the database was asked")

    monkeypatch.setattr(record.statements, "read", refuse)
    assert door.mode(credential()) is Mode.OFF
    assert door.registry.profiles("district") is profiles
    assert door.mode(credential("off", store="unknown")) is Mode.OFF


def test_a_store_and_a_profile_have_to_be_right(door: Door) -> None:
    with pytest.raises(ValueError, match="store's name"):
        door.registry.add("a/b", orjson.dumps(document()))
    with pytest.raises(ValueError, match="store's name"):
        door.registry.set_mode("a/b", Mode.OFF)
    with pytest.raises(Violation):
        door.registry.add("district", b'{"type": "Profile"}')
    assert len(door.registry.list("district")) == 1


# Profiles of a store -----------------------------------------------------------------------------


def test_a_version_added_again_takes_the_place_of_the_one_before(door: Door) -> None:
    assert told(door, read("opened", timestamp=None)) == ["included"]
    door.registry.add("district", orjson.dumps(changed("templates.0.rules", [])))
    [kept] = door.registry.list("district")
    assert kept.profile.version == VERSION
    assert told(door, read("opened", timestamp=None)) == []


def older() -> dict[str, Any]:
    """The profile's first version, with one template that asks nothing."""
    versions = [{"id": f"{BASE}/v1", "generatedAtTime": "2026-01-01T00:00:00Z"}]
    return document(versions=versions, templates=[template("opened")], patterns=[])


def test_another_version_stands_beside_it(door: Door) -> None:
    door.registry.add("district", orjson.dumps(older()))
    assert set(door.registry.profiles("district").followed) == {VERSION, f"{BASE}/v1"}
    assert told(door, claiming("opened", f"{BASE}/v1", timestamp=None)) == []
    assert told(door, claiming("opened", VERSION, timestamp=None)) == ["included"]


def test_profiles_of_another_store_do_not_count(door: Door) -> None:
    assert check(door, read("opened", timestamp=None), store="other") == []
    door.registry.add("other", orjson.dumps(document()))
    assert [one.kind for one in check(door, read("opened", timestamp=None), store="other")] == [
        "included"
    ]
    door.registry.remove("other", VERSION)
    assert told(door, read("opened", timestamp=None)) == ["included"]


def test_what_is_not_held_can_not_be_removed(door: Door) -> None:
    with pytest.raises(UnknownProfileError, match=VERSION):
        door.registry.remove("district", f"{BASE}/v9")


def test_every_store_with_profiles_or_a_mode_is_listed(door: Door) -> None:
    door.registry.set_mode("other", Mode.REPORT)
    assert door.registry.stores() == {"district": Mode.OFF, "other": Mode.REPORT}


# Claims ------------------------------------------------------------------------------------------


def claiming(action: str, *versions: str, **more: Any) -> dict[str, Any]:
    whole = read(action, **more)
    whole["context"]["contextActivities"] = {"category": [{"id": version} for version in versions]}
    return whole


def test_a_statement_that_follows_its_profile_is_not_told_of(door: Door) -> None:
    assert told(door, read("opened"), read("closed", timestamp=at(1))) == []


def test_only_statements_that_claim_a_profile_are_held_against_it(door: Door) -> None:
    assert told(door, claiming("opened", "https://other.example/v1", timestamp=None)) == []
    assert told(door, statement()) == []


def test_a_lone_category_is_a_claim_too(door: Door) -> None:
    whole = read("opened", timestamp=None)
    whole["context"]["contextActivities"]["category"] = {"id": VERSION}
    assert told(door, whole) == ["included"]


def test_a_claim_that_no_template_means_breaks_the_pattern(door: Door) -> None:
    [finding] = check(door, read("burnt"))
    assert (finding.kind, finding.severity) == ("unmatched", "violation")
    assert finding.value == verb("burnt")
    assert "Communication 2.1" in finding.section


def test_without_a_pattern_to_follow_it_is_advice(door: Door) -> None:
    door.registry.add("district", orjson.dumps(document(patterns=[])))
    assert told(door, read("burnt"), fields="kind severity") == [("unmatched", "advice")]


def test_a_profile_of_words_only_asks_nothing(door: Door) -> None:
    door.registry.add("district", orjson.dumps(document(patterns=[], templates=[])))
    assert told(door, read("burnt")) == []


def test_naming_the_profile_instead_of_its_version_counts_with_advice(door: Door) -> None:
    findings = check(door, claiming("opened", BASE, timestamp=None))
    assert [named(one, "kind severity profile") for one in findings] == [
        ("claim", "advice", VERSION),
        ("included", "violation", VERSION),
    ]
    assert VERSION in findings[0].rule
    assert told(door, claiming("opened", BASE, VERSION)) == []


def test_a_version_that_is_not_held_is_not_checked_but_told(door: Door) -> None:
    [finding] = check(door, claiming("burnt", f"{BASE}/v1"))
    assert named(finding, "kind severity value") == ("claim", "advice", f"{BASE}/v1")


def test_a_statement_that_would_follow_is_advised_to_say_so(door: Door) -> None:
    findings = check(door, claiming("opened"), claiming("opened", timestamp=None))
    assert [named(one, "index kind severity part") for one in findings] == [
        (0, "unclaimed", "advice", template_id("opened"))
    ]


def test_what_means_every_statement_is_no_reason_to_name_a_profile(door: Door) -> None:
    anything = template("opened", {"location": "$.actor", "presence": "included"})
    del anything["verb"]
    door.registry.add("district", orjson.dumps(document(templates=[anything], patterns=[])))
    assert told(door, claiming("opened")) == []
    assert told(door, claiming("opened", VERSION)) == []


def test_findings_name_statement_template_location_and_value(door: Door) -> None:
    good, bad = read("opened"), read("closed", timestamp=at(1), result={"response": "yes"})
    [finding] = check(door, good, bad)
    assert finding.index == 1
    assert (finding.profile, finding.part) == (VERSION, template_id("closed"))
    assert (finding.kind, finding.location) == ("all", "$.result.response")
    assert finding.value == "yes"


# What the record decides -------------------------------------------------------------------------


def asking(door: Door, location: str) -> None:
    rule = {"location": location, "presence": "included"}
    whole = document(templates=[template("opened", rule)], patterns=[])
    door.registry.add("district", orjson.dumps(whole))


@pytest.mark.parametrize("path", ["$.stored", "$.authority.account.name"])
def test_what_the_record_decides_is_there_to_be_asked_for(door: Door, path: str) -> None:
    asking(door, path)
    assert told(door, read("opened")) == []


@pytest.mark.parametrize("path", ["$.id", "$.timestamp"])
def test_what_an_app_leaves_out_is_missing_though_the_record_adds_it(door: Door, path: str) -> None:
    asking(door, path)
    assert told(door, read("opened", timestamp=None)) == ["included"]
    assert told(door, read("opened", id=statement_id(1))) == []


def test_a_reference_is_looked_up_in_the_request_and_in_the_record(
    record: Record, door: Door
) -> None:
    quoted = template("quoted", contextStatementRefTemplate=[template_id("opened")])
    templates = [*document()["templates"], quoted]
    door.registry.add("district", orjson.dumps(document(templates=templates, patterns=[])))
    known, untimed = store(record, read("opened"), read("turned"))

    def quoting(target: str) -> dict[str, Any]:
        return read("quoted", context={"statement": {"objectType": "StatementRef", "id": target}})

    kind = "contextStatementRefTemplate"
    recommended = "recommended"
    assert told(door, quoting(known.upper())) == []
    assert told(door, quoting(untimed)) == [kind]
    here = statement_id(7)
    assert told(door, quoting(here)) == []
    assert told(door, quoting(here), read("turned", id=here)) == [kind, recommended]
    assert told(door, quoting(here), read("opened", id=here.upper())) == []


# Registrations -----------------------------------------------------------------------------------


def test_a_registration_goes_on_from_the_record(record: Record, door: Door) -> None:
    store(record, read("opened"))
    assert told(door, read("closed", timestamp=at(1))) == []
    assert told(door, read("opened", timestamp=at(1))) == ["pattern"]


def test_registrations_are_the_same_in_any_case_of_letters(record: Record, door: Door) -> None:
    store(record, read("opened", context={"registration": REGISTRATION.upper()}))
    assert told(door, read("opened", timestamp=at(1))) == ["pattern"]


def test_other_registrations_stores_and_claims_are_not_in_the_way(
    record: Record, door: Door
) -> None:
    store(record, read("opened", context={"registration": OTHER}))
    store(record, read("opened"), store="other")
    store(record, claiming("opened", f"{BASE}/v1"))
    assert told(door, read("opened", timestamp=at(1))) == []


def test_what_only_refers_to_a_registration_is_not_in_it(record: Record, door: Door) -> None:
    [opened] = store(record, read("opened"))
    target = {"objectType": "StatementRef", "id": opened}
    store(record, claiming("closed", VERSION, object=target, context={"registration": OTHER}))
    assert told(door, read("closed", timestamp=at(1))) == []


def test_what_claims_another_profile_is_not_in_its_sequence(record: Record, door: Door) -> None:
    door.registry.add("district", orjson.dumps(older()))
    store(record, claiming("opened", f"{BASE}/v1"))
    assert told(door, read("opened", timestamp=at(1))) == []


def test_a_voided_statement_is_no_longer_in_it(record: Record, door: Door) -> None:
    [opened] = store(record, read("opened"))
    assert told(door, read("closed", timestamp=at(1))) == []
    store(record, voiding(opened))
    assert told(door, read("closed", timestamp=at(1))) == ["pattern"]
    assert told(door, read("opened", timestamp=at(1))) == []


def test_statements_sent_once_more_are_not_held_against_themselves(
    record: Record, door: Door
) -> None:
    batch = [
        read("opened", id=statement_id(1)),
        read("turned", id=statement_id(2).upper(), timestamp=at(1), result=page()),
    ]
    store(record, *batch)
    assert told(door, *batch) == []
    assert told(door, *batch, read("closed", timestamp=at(2))) == []


def page() -> dict[str, Any]:
    return {"extensions": {PAGE: 7}}


def test_what_is_sent_later_has_to_have_happened_later(record: Record, door: Door) -> None:
    store(record, read("opened", timestamp=at(5)))
    same = read("closed", timestamp="2026-03-02T18:05:00+08:00")
    assert told(door, same, fields="kind severity location") == [
        ("order", "violation", "$.timestamp")
    ]
    assert told(door, read("closed", timestamp=at(6))) == []


def test_without_a_registration_no_pattern_is_followed_which_is_told(door: Door) -> None:
    alone = {"registration": None}
    found = told(
        door,
        read("closed", context=alone),
        read("opened", context=alone),
        fields="kind severity",
    )
    assert found == [("registration", "advice")] * 2


def test_a_malformed_subregistration_is_a_violation(door: Door) -> None:
    wrong = read("opened", context={"extensions": subregistration("one")})
    assert told(door, wrong, fields="kind severity") == [("subregistration", "violation")]


def test_subregistrations_are_followed_one_by_one(record: Record, door: Door) -> None:
    within = [{"extensions": subregistration(one)} for one in (OTHER, REGISTRATION)]
    store(record, read("opened", context=within[0]))
    assert told(door, read("opened", context=within[1], timestamp=at(1))) == []
    again = {"extensions": subregistration(OTHER.upper())}
    assert told(door, read("opened", context=again, timestamp=at(1))) == ["pattern"]


def test_a_registration_that_is_too_long_is_no_longer_followed(
    record: Record, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "MOST_OF_REGISTRATION", 3)
    minutes = iter(range(100))
    store(record, read("opened", timestamp=at(next(minutes))))
    turned = [read("turned", timestamp=at(next(minutes)), result=page()) for _ in range(2)]
    store(record, *turned)
    wrong = read("opened", timestamp=at(50))
    assert told(door, wrong) == ["pattern"]
    store(record, read("turned", timestamp=at(next(minutes)), result=page()))
    assert told(door, wrong, wrong, fields="index kind severity") == [(0, "unchecked", "advice")]


def test_a_request_looks_at_so_many_earlier_statements_only(
    record: Record, door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(checking, "MOST_OF_REQUEST", 2)
    registrations = [statement_id(number) for number in range(1, 5)]
    contexts = [{"registration": one} for one in registrations]
    store(record, *(read("opened", context=context) for context in contexts))
    again = [read("opened", context=context, timestamp=at(1)) for context in contexts]
    assert told(door, *again) == ["pattern", "pattern", "unchecked", "unchecked"]


def test_a_pattern_that_is_not_ready_is_told_of_as_advice(door: Door) -> None:
    missing = changed("patterns.0.sequence.1", "https://elsewhere.example/pattern")
    door.registry.add("district", orjson.dumps(missing))
    [finding] = check(door, read("closed"))
    assert named(finding, "kind severity") == ("unchecked", "advice")
    assert "https://elsewhere.example/pattern" in finding.rule


# Our own profile ---------------------------------------------------------------------------------


def test_the_teaching_cycle_holds_answers_to_its_rules(record: Record) -> None:
    door = Door.of(record)
    profile = door.registry.add("district", TEACHING_CYCLE.read_bytes())
    item = f"{profile.id}/activity-types/item"
    answer = {
        "actor": {"account": {"homePage": "https://district.example", "name": "ming"}},
        "verb": {"id": "http://adlnet.gov/expapi/verbs/answered"},
        "object": {"id": "https://district.example/item/1", "definition": {"type": item}},
        "timestamp": at(1),
        "context": {
            "registration": REGISTRATION,
            "contextActivities": {"category": [{"id": profile.version}]},
            "extensions": {f"{profile.id}/extensions/phase": "in"},
        },
    }
    violations = [one for one in check(door, answer) if one.severity == "violation"]
    assert violations == []
    del answer["timestamp"]
    answer["context"]["extensions"][f"{profile.id}/extensions/phase"] = "during"  # type: ignore[index]
    violations = [one for one in check(door, answer) if one.severity == "violation"]
    assert [named(one, "part kind location value") for one in violations] == [
        (f"{profile.id}/templates/answer", "included", "$.timestamp", None),
        (
            f"{profile.id}/templates/answer",
            "all",
            f"$.context.extensions['{profile.id}/extensions/phase']",
            "during",
        ),
    ]
    answer["object"]["definition"]["type"] = BOOK  # type: ignore[index]
    assert "unmatched" in [one.kind for one in check(door, answer)]


# Counting ----------------------------------------------------------------------------------------


def finding(index: int = 0, kind: str = "included", **more: Any) -> Finding:
    given: dict[str, Any] = {
        "profile": VERSION,
        "part": template_id("opened"),
        "severity": "violation",
        "rule": "a value is there at $.timestamp",
        "section": "xAPI Profiles Structure 8.1",
        "location": "$.timestamp",
        "value": "a child's own words",
        **more,
    }
    return Finding(index=index, kind=kind, **given)


def count(
    record: Record,
    *findings: Finding,
    stored: dict[int, tuple[str, int]],
    app: str = "reader",
    store: str = "district",
) -> None:
    report = Report(f"key of {app}", app, findings)
    with record.statements.writing(1, 0) as transaction:
        record_findings(transaction, store, report, stored)


def test_findings_are_counted_by_rule_and_app(record: Record) -> None:
    count(record, finding(), finding(1), finding(1, "all"), stored={0: ("a", 10), 1: ("b", 11)})
    count(record, finding(), stored={0: ("c", 20)})
    count(record, finding(), stored={0: ("d", 15)}, app="clicker")
    page = list_findings(record.statements, "district", 10)
    assert [named(one, "app kind count first_statement last_statement") for one in page.counts] == [
        ("reader", "included", 3, "a", "c"),
        ("clicker", "included", 1, "d", "d"),
        ("reader", "all", 1, "b", "b"),
    ]
    first = page.counts[0]
    assert (first.first_stored, first.last_stored) == (10, 20)
    assert (first.profile, first.part, first.location) == (
        VERSION,
        template_id("opened"),
        "$.timestamp",
    )
    assert page.following is None
    assert count_findings(record.statements, "district") == 3


def test_findings_of_statements_stored_before_are_not_counted_again(record: Record) -> None:
    count(record, finding(), finding(1), stored={1: ("b", 11)})
    count(record, finding(), finding(1), stored={})
    [one] = list_findings(record.statements, "district", 10).counts
    assert (one.count, one.first_statement) == (1, "b")


def test_no_value_out_of_a_statement_is_kept(record: Record) -> None:
    count(record, finding(), stored={0: ("a", 10)})
    [row] = record.statements.read("SELECT * FROM profile_findings")
    assert "own words" not in str(dict(row))


def test_findings_are_listed_page_by_page_those_that_rose_last_first(record: Record) -> None:
    for number in range(7):
        count(record, finding(part=f"{BASE}/{number}"), stored={0: ("a", 10 + number // 2)})
    parts: list[str] = []
    after = None
    for expected in (3, 3, 1):
        page = list_findings(record.statements, "district", 3, after)
        assert len(page.counts) == expected
        parts += [one.part for one in page.counts]
        after = page.following
    assert after is None
    assert sorted(parts) == [f"{BASE}/{number}" for number in range(7)]
    assert parts[0] == f"{BASE}/6"


def test_stores_are_counted_apart(record: Record) -> None:
    count(record, finding(), stored={0: ("a", 10)})
    count(record, finding(), stored={0: ("b", 11)}, store="other")
    [one] = list_findings(record.statements, "other", 10).counts
    assert (one.count, one.first_statement) == (1, "b")


def test_counts_are_exact_whoever_writes_at_the_same_time(record: Record) -> None:
    def write(number: int) -> None:
        stored = {place: (f"{number}.{place}", 1000 * number + place) for place in range(5)}
        count(record, *(finding(place) for place in range(5)), stored=stored)

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(write, range(1, 41)))
    [one] = list_findings(record.statements, "district", 10).counts
    assert one.count == 200


def test_names_longer_than_an_index_takes_are_counted_too(record: Record) -> None:
    long = "https://long.example/" + "x" * 1_900
    count(record, finding(part=long, location=f"$['{long}']"), stored={0: ("a", 10)})
    [one] = list_findings(record.statements, "district", 10).counts
    assert one.part == long


def test_the_door_is_the_same_from_many_threads(door: Door) -> None:
    async def many() -> list[list[Finding]]:
        bad = read("opened", timestamp=None)
        return await asyncio.gather(*(asyncio.to_thread(check, door, bad) for _ in range(20)))

    assert {len(found) for found in asyncio.run(many())} == {1}
