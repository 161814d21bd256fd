"""Declarations are kept as events, all of one request or none, with what held at any position."""

import asyncio
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from lrs.declarations import (
    KINDS,
    Declaration,
    DeclarationConflict,
    DeclarationRefused,
    DeclarationsStored,
    Link,
    decode_link,
    link_declaration,
)
from lrs.record import Record
from tests.support.records import AUTHORITY, agent_key, draft, statement

MING, OTHER, THIRD = agent_key("ming"), agent_key("ming at another app"), agent_key("third")

# The examples of a test share a record: each has a store of its own.
EACH_A_STORE = settings(suppress_health_check=[HealthCheck.function_scoped_fixture])


def user(name: str, **content: Any) -> Declaration:
    return Declaration(kind="roster-user", id=name, content=orjson.dumps({"name": name, **content}))


def unlink(account: str) -> Declaration:
    return Declaration(kind="identity", id=account, content=None)


def declare(record: Record, *given: Declaration, store: str = "district") -> DeclarationsStored:
    return record.declare_now(store, given, AUTHORITY.json)


def held(record: Record, kind: str = "roster-user", **more: Any) -> dict[str, Any]:
    return {
        one.id: orjson.loads(one.content) for one in record.declarations("district", kind, **more)
    }


def links(record: Record, until: int | None = None) -> dict[str, str]:
    return {
        account: content["person"]
        for account, content in held(record, "identity", until=until).items()
    }


# Kept and given back -----------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "identity"])
def test_what_was_declared_is_given_back_octet_for_octet(record: Record, kind: str) -> None:
    content = '{"name": "渝中区",  "n": 1.50}'.encode()
    declare(record, Declaration(kind=kind, id="学校/1", content=content))
    found = record.declaration("district", kind, "学校/1")
    assert found is not None
    assert (found.kind, found.id, found.content) == (kind, "学校/1", content)
    assert found.authority == AUTHORITY.json
    assert record.declaration("elsewhere", kind, "学校/1") is None
    assert record.declarations("elsewhere", kind) == []


def test_what_holds_already_makes_no_event(record: Record) -> None:
    first = declare(record, user("a"), user("b"))
    assert (first.changed, first.position) == (2, record.last_position())
    again = declare(record, user("a"), user("b"))
    assert again == DeclarationsStored(first.position, 0)
    assert declare(record, user("a", grade=1), user("b")).changed == 1
    assert declare(record, Declaration(kind="roster-user", id="c", content=None)).changed == 0
    assert record.last_position() == first.position + 1


def test_a_withdrawal_tells_what_held_until_then(record: Record) -> None:
    declare(record, user("a", grade=1))
    declare(record, Declaration(kind="roster-user", id="a", content=None))
    assert record.declaration("district", "roster-user", "a") is None
    declare(record, user("a", grade=2))
    history = record.declaration_history("district", "roster-user", "a")
    assert [(one.deleted, orjson.loads(one.content)["grade"]) for one in history] == [
        (False, 1),
        (True, 1),
        (False, 2),
    ]
    assert [one.stored for one in history] == sorted({one.stored for one in history})


def test_of_an_id_declared_twice_in_one_request_the_last_holds(record: Record) -> None:
    assert declare(record, user("a", grade=1), user("a", grade=2)).changed == 2
    assert held(record) == {"a": {"name": "a", "grade": 2}}


def test_many_declarations_are_one_commit_each_with_a_stored_time_of_its_own(
    record: Record,
) -> None:
    many = [user(f"{number:04d}") for number in range(2_500)]
    outcome = asyncio.run(record.declare("district", many, AUTHORITY.json))
    assert outcome == DeclarationsStored(2_500, 2_500)
    assert list(held(record)) == [one.id for one in many]
    stored = [entry.stored for entry in record.read_log(0, 3_000)]
    assert len(set(stored)) == 2_500
    assert len(record.statements.read("SELECT * FROM commits")) == 1


@settings(EACH_A_STORE, max_examples=25)
@given(
    some.lists(some.tuples(some.sampled_from("abc"), some.sampled_from([None, 1, 2])), max_size=12)
)
def test_what_held_as_of_any_position_is_what_the_log_said_until_then(
    record: Record, changes: list[tuple[str, int | None]]
) -> None:
    store = f"store-{record.last_position()}"
    for name, grade in changes:
        content = None if grade is None else orjson.dumps({"grade": grade})
        declare(record, Declaration(kind="roster-user", id=name, content=content), store=store)
    expected: dict[str, bytes] = {}
    begin = int(store.partition("-")[2])
    for entry in [None, *record.read_log(begin, 100)]:
        if entry is not None and entry.declaration is not None:
            expected.pop(entry.declaration.id, None)
            if not entry.declaration.deleted:
                expected[entry.declaration.id] = entry.declaration.content
        position = entry.position if entry else begin
        found = record.declarations(store, "roster-user", until=position)
        assert {one.id: one.content for one in found} == expected
    assert {one.id: one.content for one in record.declarations(store, "roster-user")} == expected


# Refused -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "rule"),
    [
        (Declaration(kind="roster", id="a", content=b"{}"), "a kind is one of"),
        (Declaration(kind="mapping", id="", content=b"{}"), "an id is a text that isn't empty"),
        (Declaration(kind="mapping", id="a\0", content=b"{}"), "without the character U\\+0000"),
        (Declaration(kind="mapping", id="a", content=b"[]"), "is a JSON object"),
        (Declaration(kind="mapping", id="a", content=b'{"a":1,"a":2}'), "is a JSON object: "),
        (Declaration(kind="mapping", id="a", content=b"{\n}"), "on one line"),
        (link_declaration("s1", MING), "the id, an account, begins with"),
        (link_declaration(OTHER, "s1"), "the person 's1' begins with"),
        (link_declaration(MING, MING), "isn't linked to itself"),
        (Declaration(kind="identity", id=OTHER, content=b"{}"), "says `person` and `by`"),
    ],
)
def test_what_breaks_a_rule_is_refused_by_name_and_nothing_of_its_request_is_kept(
    record: Record, wrong: Declaration, rule: str
) -> None:
    with pytest.raises(DeclarationRefused, match=rule) as refused:
        declare(record, user("a"), wrong)
    assert (refused.value.kind, refused.value.id) == (wrong.kind, wrong.id)
    assert record.last_position() == 0


# Identity ----------------------------------------------------------------------------------------


def test_a_link_says_whom_the_account_belonged_to_before(record: Record) -> None:
    declare(record, link_declaration(OTHER, MING))
    declare(record, link_declaration(OTHER, THIRD))
    declare(record, unlink(OTHER))
    declare(record, link_declaration(OTHER, MING))
    history = record.declaration_history("district", "identity", OTHER)
    said = [(one.deleted, decode_link(one.content)) for one in history]
    first = Link(person=MING, by="explicit", previous=OTHER)
    second = Link(person=THIRD, by="explicit", previous=MING)
    assert said == [(False, first), (False, second), (True, second), (False, first)]


def test_an_explicit_link_stays_whatever_the_roster_says(record: Record) -> None:
    declare(record, link_declaration(OTHER, MING, "roster"))
    assert declare(record, link_declaration(OTHER, MING)).changed == 1
    assert declare(record, link_declaration(OTHER, THIRD, "roster")).changed == 0
    assert declare(record, link_declaration(OTHER, MING, "roster")).changed == 0
    assert links(record) == {OTHER: MING}
    declare(record, unlink(OTHER))
    assert declare(record, link_declaration(OTHER, THIRD, "roster")).changed == 1


def test_the_accounts_of_a_person_are_found(record: Record) -> None:
    declare(record, link_declaration(OTHER, MING), link_declaration(THIRD, MING, "roster"))
    assert [one.id for one in record.links_to("district", MING)] == [OTHER, THIRD]
    declare(record, unlink(OTHER))
    assert [one.id for one in record.links_to("district", MING)] == [THIRD]
    assert record.links_to("elsewhere", MING) == []


def test_links_make_no_chains(record: Record) -> None:
    declare(record, link_declaration(OTHER, MING))
    before = record.last_position()
    with pytest.raises(DeclarationConflict, match="other accounts are linked to it"):
        declare(record, user("a"), link_declaration(MING, THIRD))
    with pytest.raises(DeclarationConflict, match="is itself an account linked"):
        declare(record, user("a"), link_declaration(THIRD, OTHER))
    assert record.last_position() == before
    # In one request, each counts on what those before it left.
    with pytest.raises(DeclarationConflict, match="is itself an account linked"):
        declare(record, unlink(OTHER), link_declaration(MING, THIRD), link_declaration(OTHER, MING))
    declare(record, link_declaration(OTHER, THIRD), link_declaration(MING, THIRD))
    assert links(record) == {OTHER: THIRD, MING: THIRD}
    declare(record, unlink(OTHER), unlink(MING), link_declaration(THIRD, MING))
    assert links(record) == {THIRD: MING}
    declare(record, link_declaration(OTHER, THIRD), store="elsewhere")  # a store of its own


class Accounts:
    """What the rules of links say, in the plainest words."""

    def __init__(self) -> None:
        self.links: dict[str, tuple[str, str]] = {}

    def change(self, account: str, person: str | None, by: str) -> bool:
        """Link or unlink an account; False where that is refused."""
        if person is None:
            self.links.pop(account, None)
            return True
        held = self.links.get(account)
        if held and (held == (person, by) or (held[1], by) == ("explicit", "roster")):
            return True
        if person in self.links or account in {one for one, _ in self.links.values()}:
            return False
        self.links[account] = (person, by)
        return True


NAMES = [agent_key(name) for name in "abcd"]
CHANGES = some.tuples(
    some.sampled_from(NAMES),
    some.none() | some.sampled_from(NAMES),
    some.sampled_from(["explicit", "roster"]),
).filter(lambda change: change[0] != change[1])


@settings(EACH_A_STORE, max_examples=40)
@given(some.lists(some.lists(CHANGES, min_size=1, max_size=4), max_size=8))
def test_links_follow_their_rules_whatever_is_asked_for(
    record: Record, requests: list[list[tuple[str, str | None, Any]]]
) -> None:
    store = f"store-{record.last_position()}-{len(requests)}"
    expected = Accounts()
    for request in requests:
        before = dict(expected.links)
        wanted = [
            unlink(account) if person is None else link_declaration(account, person, by)
            for account, person, by in request
        ]
        if all(expected.change(*change) for change in request):
            declare(record, *wanted, store=store)
        else:
            expected.links = before
            with pytest.raises(DeclarationRefused):
                declare(record, *wanted, store=store)
        found = {one.id: decode_link(one.content) for one in record.declarations(store, "identity")}
        assert {
            account: (link.person, link.by) for account, link in found.items()
        } == expected.links


# The log and the index ---------------------------------------------------------------------------


def test_the_log_tells_carriers_of_declarations_in_its_order(record: Record) -> None:
    record.store_statements_now("district", [draft(statement())])
    declare(record, user("a"), link_declaration(OTHER, MING))
    declare(record, unlink(OTHER))
    entries = record.read_log(0, 10)
    assert [entry.kind for entry in entries] == ["statement", *["declaration"] * 3]
    made = [entry.declaration for entry in entries[1:]]
    assert [(one.kind, one.id, one.deleted) for one in made if one] == [
        ("roster-user", "a", False),
        ("identity", OTHER, False),
        ("identity", OTHER, True),
    ]
    assert all(
        entry.stored == one.stored for entry, one in zip(entries[1:], made, strict=True) if one
    )
    assert [entry.store for entry in entries] == ["district"] * 4


def test_the_entry_of_a_declaration_is_now_its_newest_version(record: Record) -> None:
    declare(record, user("a", grade=1))
    declare(record, user("b"))
    declare(record, user("a", grade=2))
    now = record.entry_now(1)
    assert now is not None
    assert now.declaration is not None
    assert (now.position, orjson.loads(now.declaration.content)["grade"]) == (3, 2)


def test_rebuilding_the_index_gives_the_same_declarations(record: Record) -> None:
    def table(name: str, order: str) -> list[dict[str, Any]]:
        rows = record.statements.read(f"SELECT * FROM {name} ORDER BY {order}")
        return [{key: row[key] for key in dict(row)} for row in rows]

    declare(record, user("a"), user("b"), link_declaration(OTHER, MING))
    declare(record, user("a", grade=1), link_declaration(OTHER, THIRD))
    declare(record, Declaration(kind="roster-user", id="b", content=None))
    before = table("declarations", "stream")
    record.rebuild_index()
    assert table("declarations", "stream") == before
    assert sum(row["events"] for row in table("commits", "stored")) == record.last_position()
    with pytest.raises(DeclarationRefused):
        declare(record, link_declaration(THIRD, MING))


def test_one_refused_declaration_keeps_no_other_request_from_being_stored(record: Record) -> None:
    declare(record, link_declaration(OTHER, MING))

    async def together() -> list[Any]:
        return await asyncio.gather(
            record.store_statements("district", [draft(statement())]),
            record.declare("district", [link_declaration(MING, THIRD)], AUTHORITY.json),
            record.declare("district", [user("a")], AUTHORITY.json),
            return_exceptions=True,
        )

    stored, refused, declared = asyncio.run(together())
    assert stored.position
    assert isinstance(refused, DeclarationRefused)
    assert declared.changed == 1
    assert record.last_position() == 3


# Together with others of their kind ---------------------------------------------------------------


def mapping(name: str) -> Declaration:
    return Declaration(kind="mapping", id=name, content=orjson.dumps({"text": name}))


def contradicts(record: Record, name: str, others: set[str]) -> Declaration:
    """Give a mapping that goes with none of these."""
    if found := others & {one.id for one in record.declarations("district", "mapping")}:
        raise ValueError(f"{name} contradicts {min(found)}")
    return mapping(name)


def test_what_another_process_declares_meanwhile_is_checked_against_too(tmp_path: Path) -> None:
    path = str(tmp_path / "record.sqlite")
    with closing(Record.open(path)) as one, closing(Record.open(path)) as other:
        checks: list[int] = []

        def check() -> Declaration:
            checked = contradicts(one, "b", {"a"})
            checks.append(len(checks))
            other.declare_now("district", [mapping("a")], AUTHORITY.json)  # behind the check
            return checked

        with pytest.raises(ValueError, match="b contradicts a"):
            one.declare_together("district", "mapping", check, AUTHORITY.json)
        assert checks == [0]
        assert [each.id for each in one.declarations("district", "mapping")] == ["a"]


def test_what_goes_together_is_declared_after_all(record: Record) -> None:
    def check() -> Declaration:
        made = contradicts(record, "b", {"c"})
        declare(record, mapping("a"))
        return made

    assert record.declare_together("district", "mapping", check, AUTHORITY.json).changed == 1
    assert {each.id for each in record.declarations("district", "mapping")} == {"a", "b"}


def test_only_its_own_kind_and_store_are_looked_at_again(record: Record) -> None:
    checks: list[int] = []

    def check() -> Declaration:
        checks.append(len(checks))
        declare(record, mapping(f"m{len(checks)}"), store="elsewhere")
        declare(record, user(f"u{len(checks)}"))
        return mapping("a")

    record.declare_together("district", "mapping", check, AUTHORITY.json)
    assert checks == [0]


def test_a_content_keeps_its_link_as_given_but_for_whom_it_was_before() -> None:
    content = link_declaration(OTHER, MING, "roster").content
    assert content is not None
    assert msgspec.json.decode(content) == {"person": MING, "by": "roster"}
