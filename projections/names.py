"""What persons and activities are called."""

from collections.abc import Collection, Iterable, Iterator

from projections.warehouse import Generation

Names = dict[str, dict[str, str]]  # by subject and language; '' is the language of a person's name

_LONGEST_SHARE = 100_000  # bytes of subjects in one query: ClickHouse's limit is 256 KiB


def names_of(generation: Generation, store: str, subjects: Iterable[str]) -> Names:
    """Give what these are called by language, of those that are called anything."""
    names: Names = {}
    for share in shares_of({subject for subject in subjects if subject}):
        for subject, language, name in sorted(
            generation.query("names_of", store=store, subjects=share)
        ):
            names.setdefault(subject, {})[language] = name
    return names


def shares_of(subjects: Collection[str]) -> Iterator[list[str]]:
    """Give persons or activities in shares that fit into a query's parameters, at least one."""
    share: list[str] = []
    size = 0
    for subject in sorted(subjects):
        size += len(subject.encode()) + 4  # with what an array puts around it
        if share and size > _LONGEST_SHARE:
            yield share
            share, size = [], len(subject.encode())
        share.append(subject)
    yield share
