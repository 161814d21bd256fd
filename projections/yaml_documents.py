"""YAML documents that people write: read without surprises, each value with its line and column."""

from collections.abc import Iterator
from typing import Any, Final

import msgspec
import yaml

from projections.sentences import Sentence

Scalar = str | int | float | bool | None
_ROOM: Final = "tag:yaml.org,2002:"
# The kinds of values that a document may have; dates are taken as the texts they are.
_PLAIN: Final = {f"{_ROOM}{name}" for name in ("null", "bool", "int", "float")}
_TEXTS: Final = {f"{_ROOM}{name}" for name in ("str", "timestamp", "value", "merge")}
_MOST_BITS: Final = 64  # of a whole number
_KINDS: Final = {*_PLAIN, *_TEXTS, f"{_ROOM}map", f"{_ROOM}seq"}


class Place(msgspec.Struct, frozen=True):
    """Where something stands in which document; lines and columns are counted from 1."""

    line: int = 1
    column: int = 1
    document: str = ""


class Node(msgspec.Struct, frozen=True):
    """A value of a document: a plain one, a tuple of nodes, or a table of entries by key."""

    value: "Scalar | tuple[Node, ...] | dict[str, Entry]"
    place: Place

    def __str__(self) -> str:
        if isinstance(self.value, dict):
            return f"{{{', '.join(self.value)}}}"
        if isinstance(self.value, tuple):
            return f"[{', '.join(map(str, self.value))}]"
        return "nothing" if self.value is None else str(self.value)


class Entry(msgspec.Struct, frozen=True):
    """A value of a table, and where its key stands."""

    node: Node
    place: Place


class Broken(msgspec.Struct, frozen=True):
    """Something that keeps a text from being a document, and where."""

    place: Place
    rule: Sentence
    value: str = ""


class NoDocument(ValueError):
    """A text is no document; ``broken`` says all that is wrong with it, as far as it can be read.

    It is the first thing only where the text is no YAML.
    """

    def __init__(self, broken: tuple[Broken, ...]) -> None:
        super().__init__(broken[0].rule.en)
        self.broken = broken


class UniqueKeyLoader(yaml.SafeLoader):
    """The safe loader, but a key that stands twice is an error instead of the last one winning.

    Aliases are refused: a few lines of them stand for more than a machine can hold.
    """

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """Compose the next node; raises ComposerError where it's an alias."""
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, "aliases are not taken", event.start_mark)
        return super().compose_node(parent, index)

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Make a dictionary; raises ConstructorError where a key stands twice."""
        keys = [self.construct_object(key, deep=True) for key, _ in node.value]
        for index, key in enumerate(keys):
            if key in keys[:index]:
                mark = node.value[index][0].start_mark
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {key!r} stands twice", mark
                )
        return super().construct_mapping(node, deep)


def read_document(text: str, document: str) -> Node:
    """Read one YAML document with the places of all its values; ``document`` is its name.

    Raises ``NoDocument`` for what is no YAML, for aliases, and for keys that aren't plain texts or
    stand twice in one table.
    """
    try:
        loader = UniqueKeyLoader(text)
        try:
            root = loader.get_single_node()
            if root is None:
                raise NoDocument(
                    (Broken(Place(document=document), Sentence("是空的", "is empty")),)
                )
            reading = _Reading(loader, document)
            node = reading.node(root)
        finally:
            loader.dispose()
    except yaml.MarkedYAMLError as error:
        place = _place(error.problem_mark or error.context_mark, document)
        said = ", ".join(filter(None, (error.context, error.problem)))
        raise NoDocument((Broken(place, _not_valid(said, said)),)) from None
    except yaml.reader.ReaderError as error:
        raise NoDocument((_unreadable(text, error, document),)) from None
    except RecursionError:
        rule = Sentence("嵌套太深", "is nested too deep")
        raise NoDocument((Broken(Place(document=document), rule),)) from None
    if reading.broken:
        raise NoDocument(tuple(reading.broken))
    return node


class _Reading:
    """Makes nodes of what the loader has composed."""

    def __init__(self, loader: UniqueKeyLoader, document: str) -> None:
        self._loader, self._document = loader, document
        self.broken: list[Broken] = []

    def node(self, read: yaml.Node) -> Node:
        place = _place(read.start_mark, self._document)
        if read.tag not in _KINDS:
            rule = Sentence("不接受标签", "tags are not taken")
            self.broken.append(Broken(place, rule, read.tag))
        if isinstance(read, yaml.MappingNode):
            return Node(dict(self._entries(read)), place)
        if isinstance(read, yaml.SequenceNode):
            return Node(tuple(self.node(each) for each in read.value), place)
        return Node(self._scalar(read, place), place)

    def _entries(self, read: yaml.MappingNode) -> Iterator[tuple[str, Entry]]:
        seen: dict[str, int] = {}
        for key, value in read.value:
            place = _place(key.start_mark, self._document)
            if not isinstance(key, yaml.ScalarNode) or not _is_text(key.value):
                self.broken.append(Broken(place, Sentence("键是文字", "a key is a text")))
            elif key.value in seen:
                first = seen[key.value]
                rule = Sentence(
                    f"键重复，第一次在第 {first} 行", f"the key stands twice, first in line {first}"
                )
                self.broken.append(Broken(place, rule, key.value))
            else:
                seen[key.value] = place.line
                yield key.value, Entry(self.node(value), place)

    def _scalar(self, read: yaml.Node, place: Place) -> Scalar:
        if read.tag not in _PLAIN:
            if not _is_text(read.value):
                rule = Sentence("半个字符不是文字", "half of a character is no text")
                self.broken.append(Broken(place, rule))
            return str(read.value)
        try:
            value: Scalar = self._loader.construct_object(read)
            if isinstance(value, int) and value.bit_length() > _MOST_BITS:
                raise ValueError("beyond what any number of a document can mean")
        except (ValueError, KeyError):  # too many digits, or a tag that the value doesn't fit
            kind = read.tag.removeprefix(_ROOM)
            rule = _not_valid(f"这不是 {kind}", f"this is no {kind}")
            self.broken.append(Broken(place, rule, str(read.value)))
            return None
        return value


def _place(mark: yaml.Mark | None, document: str) -> Place:
    if mark is None:
        return Place(document=document)
    return Place(mark.line + 1, mark.column + 1, document)


def _unreadable(text: str, error: yaml.reader.ReaderError, document: str) -> Broken:
    """Say where the character stands that YAML doesn't take."""
    before = text[: error.position]
    line = before.count("\n")
    place = Place(line + 1, len(before) - (before.rfind("\n") + 1) + 1, document)
    rule = _not_valid("不接受这个字符", "the character is not taken")
    return Broken(place, rule, f"U+{error.character:04X}")


def _not_valid(zh: str, en: str) -> Sentence:
    return Sentence(f"不是有效的 YAML：{zh}", f"is not valid YAML: {en}")


def _is_text(text: str) -> bool:
    """Tell whether a text can be written: an escape can name half of a character."""
    return not any("\ud800" <= each <= "\udfff" for each in text)


def is_iri(text: str) -> bool:
    """Tell whether a text can be an absolute IRI."""
    scheme, colon, rest = text.partition(":")
    named = bool(colon and rest and scheme[:1].isalpha() and scheme.isascii())
    return named and not any(each.isspace() for each in text)
