"""What entries of the log say; an entry that the record couldn't read is set aside."""

from lrs.record import LogEntry
from projections.meaning.reading import default_reader
from streams.readings import read_entries
from tests.support.histories import answer, entry


def test_an_entry_that_the_record_could_not_read_is_set_aside_with_its_reason() -> None:
    broken = LogEntry(2, "demo", "unreadable", "some-id", 0, b"", error="ValueError: no state")
    readings = read_entries(default_reader(), [entry(1, answer()), broken, entry(3, answer())])
    assert [fact.position for fact in readings.facts] == [1, 3]
    [letter] = readings.dead_letters
    assert (letter.position, letter.store, letter.statement_id) == (2, "demo", "some-id")
    assert letter.reason.endswith("ValueError: no state")
