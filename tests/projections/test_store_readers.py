"""Each store's statements are read by the shipped mappings and its own, and by no other store's."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.meaning.mapping import MappingError, load_mapping
from projections.meaning.reading import ReadsStatements, default_reader
from projections.meaning.store_readers import reader_by, reader_of_store
from tests.projections.test_checking import statement
from tests.support.mapping_documents import CLICKED, clicker


def actions(reader: ReadsStatements, store: str, verb: str = CLICKED) -> list[str]:
    one: dict[str, Any] = {"id": "11111111-2222-4333-8444-555555555555", **statement(verb)}
    return [fact.action for fact in reader.read(one, store=store, position=1).facts]


def test_the_same_statement_reads_differently_in_two_stores():
    reader = reader_by(
        {
            "north": {"clicker": clicker("answer")},
            "south": {"clicker": clicker("poll")},
        }
    )
    assert [actions(reader, store) for store in ("north", "south", "east")] == [
        ["answer"],
        ["poll"],
        ["other"],
    ]


def test_what_is_shipped_holds_in_every_store():
    reader = reader_by({"north": {"clicker": clicker()}})
    answered = "http://adlnet.gov/expapi/verbs/answered"
    assert actions(reader, "north", answered) == actions(reader, "east", answered) == ["answer"]


def test_without_mappings_of_stores_the_shipped_reader_itself_reads():
    assert reader_by({}) is default_reader()
    assert reader_by({"north": {}}) is not None
    assert reader_of_store({}) is default_reader()


def test_a_store_whose_mappings_no_longer_hold_keeps_no_other_from_being_read():
    answered = "http://adlnet.gov/expapi/verbs/answered"
    against = {"clicker": clicker("poll", verb=answered)}
    with pytest.raises(MappingError):
        reader_of_store(against)
    reader = reader_by({"north": against, "south": {"clicker": clicker("poll")}})
    assert actions(reader, "north", answered) == ["answer"]
    assert actions(reader, "south") == ["poll"]


BOMB = "\n".join(
    [
        "a: &a [x, x]",
        *(f"{chr(98 + n)}: &{chr(98 + n)} [*{chr(97 + n)}, *{chr(97 + n)}]" for n in range(20)),
    ]
)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (BOMB, "aliases are not taken"),
        ("[" * 5_000, "is not valid YAML"),
        ("mapping: 2026-99-99", "is not valid YAML"),
        ("mapping: 1" + "0" * 5_000, "is not valid YAML"),
        ("? [a]: b\n: c", "is not valid YAML"),
        ("mapping: x\ntitle: " + "y" * 100_000 + "\ndocument: z", "must be a table"),
    ],
)
def test_a_document_from_outside_can_only_be_refused(text: str, message: str):
    with pytest.raises(MappingError, match=message) as refused:
        load_mapping(text, "outside")
    assert len(str(refused.value)) < 5_000


@given(st.text() | st.binary().map(lambda raw: raw.decode("latin-1")))
def test_whatever_is_given_as_a_document_nothing_but_a_mapping_error_comes_of_it(text: str):
    with pytest.raises(MappingError):
        load_mapping(text, "outside")
