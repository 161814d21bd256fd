"""Laws of validation: any valid statement passes, and one mistake in it is found where it is."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lrs.json_input import decode
from lrs.validation import Violation, validate_statement
from lrs.versions import Version
from tests.support.statements import valid_statements

Place = tuple[str | int, ...]

quick = settings(max_examples=60, deadline=None)  # the statements are large

versions = st.sampled_from(list(Version))
versioned_statements = versions.flatmap(
    lambda version: st.tuples(st.just(version), valid_statements(version))
)

_MAPS = {"display", "description"}  # of languages; an activity's name is one as well

# What no property of this name may be, in any object.
_MALFORMED = {
    "mbox": "someone@example.org",
    "mbox_sha1sum": "0123",
    "openid": "id.example.org",
    "homePage": "www.example.org",
    "type": "lesson",
    "moreInfo": "more.html",
    "usageType": "essay",
    "fileUrl": "essay.txt",
    "registration": "none",
    "language": "something",
    "duration": "P4W1D",
    "timestamp": "2025-03-01T08:15:30-00:00",
    "stored": "2025-03-01",
    "version": "0.95",
    "contentType": "text",
    "sha2": "0123",
    "scaled": 1.5,
    "length": -1,
    "interactionType": "essay",
    "objectType": "Person",
}


def places(value: Any, place: Place = ()) -> Iterator[tuple[Place, Any]]:
    """List every value in a statement that is not inside extensions, with the steps to it."""
    yield place, value
    if place and place[-1] == "extensions":
        return
    if isinstance(value, dict | list):
        for step, child in value.items() if isinstance(value, dict) else enumerate(value):
            yield from places(child, (*place, step))


def with_value(statement: Any, place: Place, value: Any) -> Any:
    """Copy a statement with another value in one place."""
    if not place:
        return value
    step, *further = place
    copy = statement.copy()
    copy[step] = with_value(statement[step], tuple(further), value)
    return copy


def json_path(place: Place) -> str:
    plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"
    return "$" + "".join(
        f"[{step}]"
        if isinstance(step, int)
        else f".{step}"
        if step.strip(plain) == ""
        else f"['{step}']"
        for step in place
    )


def assert_refused_at(statement: Any, version: Version, place: Place) -> None:
    with pytest.raises(Violation) as caught:
        validate_statement(statement, version)
    assert caught.value.path == json_path(place)


def of_another_type(value: Any) -> Any:
    """Give a value of a type that can't stand where this one does."""
    if isinstance(value, bool):
        return "true"
    if isinstance(value, int | float):
        return str(value)
    if isinstance(value, str):
        return 12345
    return "neither object nor array"


@quick
@given(versioned_statements)
def test_every_valid_statement_is_accepted(versioned: tuple[Version, Any]) -> None:
    version, statement = versioned
    validate_statement(statement, version)


@quick
@given(versioned_statements, st.booleans())
def test_what_was_written_as_json_is_as_valid(
    versioned: tuple[Version, Any], escaped: bool
) -> None:
    version, statement = versioned
    validate_statement(decode(json.dumps(statement, ensure_ascii=escaped).encode()), version)


@quick
@given(valid_statements(Version.V1_0_3))
def test_1_0_3_statements_are_valid_in_2_0_but_for_their_timestamps(statement: Any) -> None:
    for place, _ in list(places(statement)):
        if place and place[-1] in ("timestamp", "stored"):
            statement = with_value(statement, place, "2025-03-01T08:15:30Z")
    validate_statement(statement, Version.V2_0_0)


@quick
@given(versioned_statements, st.data())
def test_null_is_found_wherever_it_stands_outside_extensions(
    versioned: tuple[Version, Any], data: st.DataObject
) -> None:
    version, statement = versioned
    place, _ = data.draw(st.sampled_from(list(places(statement))))
    assert_refused_at(with_value(statement, place, None), version, place)


@quick
@given(versioned_statements, st.data())
def test_a_value_of_another_type_is_found_wherever_it_stands(
    versioned: tuple[Version, Any], data: st.DataObject
) -> None:
    version, statement = versioned
    place, value = data.draw(st.sampled_from(list(places(statement))))
    assert_refused_at(with_value(statement, place, of_another_type(value)), version, place)


@quick
@given(versioned_statements, st.data(), st.sampled_from(["unknown", "ID", "x y"]))
def test_an_unknown_property_is_found_in_any_object(
    versioned: tuple[Version, Any], data: st.DataObject, name: str
) -> None:
    version, statement = versioned
    objects = [
        (place, value)
        for place, value in places(statement)
        if isinstance(value, dict) and not {"extensions", "name", *_MAPS} & set(place[-1:])
    ]
    place, value = data.draw(st.sampled_from(objects))
    broken = with_value(statement, place, {name: 1, **value})
    assert_refused_at(broken, version, (*place, name))


@quick
@given(versioned_statements, st.data())
def test_a_malformed_text_is_found_wherever_it_stands(
    versioned: tuple[Version, Any], data: st.DataObject
) -> None:
    version, statement = versioned
    found = [place for place, value in places(statement) if place and place[-1] in _MALFORMED]
    if not found:
        return
    place = data.draw(st.sampled_from(found))
    broken = with_value(statement, place, _MALFORMED[str(place[-1])])
    assert_refused_at(broken, version, place)


@quick
@given(versioned_statements, st.data())
def test_a_text_in_no_language_is_found_in_any_language_map(
    versioned: tuple[Version, Any], data: st.DataObject
) -> None:
    version, statement = versioned
    maps = [
        (place, value)
        for place, value in places(statement)
        if isinstance(value, dict) and {"name", *_MAPS} & set(place[-1:])
    ]
    if not maps:
        return
    place, value = data.draw(st.sampled_from(maps))
    broken = with_value(statement, place, {**value, "something": "x"})
    assert_refused_at(broken, version, (*place, "something"))


@quick
@given(versioned_statements, st.sampled_from(["actor", "verb", "object"]))
def test_a_statement_without_its_three_parts_is_refused(
    versioned: tuple[Version, Any], name: str
) -> None:
    version, statement = versioned
    rest = {key: value for key, value in statement.items() if key != name}
    assert_refused_at(rest, version, (name,))


@quick
@given(
    versions,
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["id", "actor", "verb", "object", "objectType", "context"]), inner
            )
        ),
        max_leaves=12,
    ),
)
def test_any_json_is_valid_or_a_violation(version: Version, value: Any) -> None:
    with pytest.raises(Violation) as caught:
        validate_statement(value, version)
    assert str(caught.value).startswith("$")
