"""Checks of single values: texts of a format, numbers, language maps, extensions."""

from dataclasses import dataclass
from typing import Any, Final

from lrs import formats
from lrs.validation.shapes import Check, Refusal, refusal
from lrs.validation.violation import Violation
from lrs.versions import Rules, Topic, version_of

_REMEMBERED: Final = 10_000  # texts a check remembers having found right
_LONGEST_REMEMBERED: Final = 128  # characters; with the above, at most 6 MB a check


@dataclass(frozen=True, slots=True)
class Leaves:
    """The checks of single values under one version's rules."""

    string: Check
    boolean: Check
    iri: Check
    irl: Check
    uri: Check
    mailto: Check
    sha1: Check
    sha2: Check
    uuid: Check
    media_type: Check
    language: Check
    language_map: Check
    extensions: Check
    timestamp: Check
    duration: Check
    version: Check


def make_leaves(rules: Rules) -> Leaves:
    """Make the checks of single values for one version."""
    iri_rule = (
        "an IRI is a string with a scheme, such as https:, by the grammar of RFC 3987: "
        'no spaces, none of < > " { } | \\ ^ `, % only in escapes'
    )
    iri = familiar(formats.is_iri, refusal(rules, "iri", iri_rule))
    language = familiar(
        formats.is_language_tag, refusal(rules, "language", "a language tag is one of RFC 5646")
    )
    return Leaves(
        string=_of_type(str, refusal(rules, "formatting", "this property is a string")),
        boolean=_of_type(bool, refusal(rules, "formatting", "this property is true or false")),
        iri=iri,
        irl=iri,  # whether it can be fetched is nothing a record could know
        uri=familiar(
            formats.is_uri,
            refusal(rules, "identifier", "an openid is a URI with a scheme, in ASCII (RFC 3986)"),
        ),
        mailto=familiar(
            formats.is_mailto,
            refusal(rules, "identifier", "an mbox is mailto: and one e-mail address"),
        ),
        sha1=familiar(
            formats.is_sha1,
            refusal(rules, "identifier", "an mbox_sha1sum is a SHA-1 in 40 hexadecimal digits"),
        ),
        sha2=_of_format(
            formats.is_sha2,
            refusal(rules, "attachment", "sha2 is a SHA-2 hash in 56, 64, 96 or 128 hex digits"),
        ),
        uuid=_of_format(
            formats.is_uuid,
            refusal(rules, "uuid", "a UUID is a string in the standard form of RFC 4122"),
        ),
        media_type=familiar(
            formats.is_media_type,
            refusal(rules, "attachment", "contentType is an Internet media type (RFC 2046)"),
        ),
        language=language,
        language_map=_language_map(rules, language),
        extensions=_extensions(rules, iri),
        timestamp=_timestamp(rules),
        duration=_of_format(
            formats.is_duration,
            refusal(
                rules, "duration", "a duration is one of ISO 8601, 4.4.3.2, such as PT1M30S or P4W"
            ),
        ),
        version=_version(rules),
    )


def familiar(fits: formats.Predicate, refuse: Refusal) -> Check:
    """Check texts that come again and again: those found right are remembered, within bounds."""
    known: set[str] = set()

    def check_text(value: Any) -> None:
        if type(value) is not str:
            raise refuse(value)
        if value in known:
            return
        if not fits(value):
            raise refuse(value)
        if len(value) <= _LONGEST_REMEMBERED:
            if len(known) >= _REMEMBERED:
                known.clear()
            known.add(value)

    return check_text


def one_of(rules: Rules, topic: Topic, rule: str, *texts: str) -> Check:
    """Check that a value is one of an enumeration, case and all."""
    allowed = frozenset(texts)
    refuse = refusal(rules, topic, rule)

    def check_enumerated(value: Any) -> None:
        if type(value) is not str or value not in allowed:
            raise refuse(value)

    return check_enumerated


def _of_type(wanted: type, refuse: Refusal) -> Check:
    def check_type(value: Any) -> None:
        if type(value) is not wanted:
            raise refuse(value)

    return check_type


def _of_format(fits: formats.Predicate, refuse: Refusal) -> Check:
    def check_format(value: Any) -> None:
        if type(value) is not str or not fits(value):
            raise refuse(value)

    return check_format


def _timestamp(rules: Rules) -> Check:
    if rules.timestamps == "RFC 3339":
        rule = "a timestamp is a date and time of RFC 3339 with an offset, and not -00:00"
        return _of_format(formats.is_rfc3339_timestamp, refusal(rules, "timestamp", rule))
    rule = "a timestamp is a date and time of ISO 8601, and its offset not -00, -0000 or -00:00"
    return _of_format(formats.is_iso8601_timestamp, refusal(rules, "timestamp", rule))


def _version(rules: Rules) -> Check:
    named = " or ".join(f"{version[:3]}.x" for version in rules.statement_versions)
    refuse = refusal(rules, "version", f"version is {named}")

    def check_version(value: Any) -> None:
        if type(value) is not str or version_of(value) not in rules.statement_versions:
            raise refuse(value)

    return check_version


def _language_map(rules: Rules, language: Check) -> Check:
    refuse_map = refusal(rules, "language", "a language map is a JSON object")
    refuse_text = refusal(rules, "language", "a text in a language map is a string")

    def check_language_map(value: Any) -> None:
        if type(value) is not dict:
            raise refuse_map(value)
        try:
            for tag, text in value.items():
                language(tag)
                if type(text) is not str:
                    raise refuse_text(text)
        except Violation as violation:
            violation.inside(tag)
            raise

    return check_language_map


def _extensions(rules: Rules, iri: Check) -> Check:
    refuse = refusal(rules, "extensions", "extensions are a JSON object")

    def check_extensions(value: Any) -> None:
        if type(value) is not dict:
            raise refuse(value)
        try:
            for key in value:
                iri(key)
        except Violation as violation:
            violation.inside(key)
            raise

    return check_extensions
