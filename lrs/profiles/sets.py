"""The profiles of one store put together: references found, patterns made ready, claims known."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from functools import partial

import msgspec

from lrs.profiles.parts import Pattern, Profile, Template
from lrs.profiles.patterns import Automaton, PartOf, PatternError
from lrs.profiles.templates import Statement, determines


class Followed(msgspec.Struct, frozen=True):
    """A profile ready to hold statements against.

    `templates` are its own and those of other profiles that its patterns use, as if they stood in
    it (Structure 9.0). `unready` says of primary patterns why they can't be followed; with one of
    them nobody knows whether a statement leaves them all. `missing` are the ids it names that no
    profile of the store holds.
    """

    profile: Profile
    templates: dict[str, Template]
    primary: tuple[Automaton, ...]
    unready: tuple[str, ...]
    missing: tuple[str, ...]
    by_verb: dict[str | None, tuple[Template, ...]]

    @property
    def has_primary(self) -> bool:
        """Tell whether it has a pattern that statements have to follow."""
        return bool(self.primary or self.unready)

    @property
    def version(self) -> str:
        """Give the id of the version, which is what statements claim."""
        return self.profile.version

    def meant(self, statement: Statement) -> list[Template]:
        """Find the templates whose Determining Properties a normalized statement has."""
        verb = statement["verb"]["id"]
        candidates = (*self.by_verb.get(verb, ()), *self.by_verb.get(None, ()))
        return [template for template in candidates if determines(template, statement)]


class ProfileSet:
    """The profiles of a store.

    `followed` has them by version; `newest` the version that counts where a statement names only
    the profile; `elsewhere` maps the ids of versions that are known of, but not held, to profiles.
    """

    def __init__(self, profiles: Iterable[Profile] = ()) -> None:
        ordered = sorted(profiles, key=lambda profile: profile.generated)
        self.newest = {profile.id: profile.version for profile in ordered}
        everything: dict[str, Template | Pattern] = {}
        for profile in ordered:
            everything |= {**profile.templates, **profile.patterns}
        self.followed = {profile.version: _followed(profile, everything) for profile in ordered}
        self.elsewhere = {
            version: profile.id
            for profile in ordered
            for version in profile.versions
            if version not in self.followed
        }

    def __bool__(self) -> bool:
        return bool(self.followed)

    def claimed(self, statement: Statement) -> dict[str, Followed]:
        """Give the profiles that a normalized statement claims to follow, by the id it names.

        By a category context activity: Structure 5.0.
        """
        found: dict[str, Followed] = {}
        for name in categories(statement):
            version = self.newest.get(name, name)
            if version in self.followed:
                found[name] = self.followed[version]
        return found


def categories(statement: Statement) -> list[str]:
    """Name the category context activities of a normalized statement."""
    activities = statement.get("context", {}).get("contextActivities", {})
    return [activity["id"] for activity in activities.get("category", ())]


def _followed(profile: Profile, everything: Mapping[str, Template | Pattern]) -> Followed:
    part_of = partial(_part, profile, everything)
    automata: list[Automaton] = []
    unready: list[str] = []
    for pattern in profile.patterns.values():
        if pattern.primary:
            try:
                automata.append(Automaton(pattern, part_of))
            except PatternError as error:
                unready.append(f"pattern {pattern.id} is not followed: {error}")
    templates, missing = _within_reach(profile, part_of)
    by_verb: defaultdict[str | None, list[Template]] = defaultdict(list)
    for template in templates.values():
        by_verb[template.verb].append(template)
    return Followed(
        profile=profile,
        templates=templates,
        primary=tuple(automata),
        unready=tuple(unready),
        missing=missing,
        by_verb={verb: tuple(some) for verb, some in by_verb.items()},
    )


def _part(
    profile: Profile, everything: Mapping[str, Template | Pattern], name: str
) -> Template | Pattern | None:
    """Find a part: in the profile itself, else in any other of the store."""
    return profile.templates.get(name) or profile.patterns.get(name) or everything.get(name)


def _within_reach(profile: Profile, part_of: PartOf) -> tuple[dict[str, Template], tuple[str, ...]]:
    """Give all templates that count as the profile's, and the names that nothing has."""
    templates = dict(profile.templates)
    pending = [member for pattern in profile.patterns.values() for member in pattern.members]
    seen: dict[str, Template | Pattern | None] = {}
    while pending:
        name = pending.pop(0)
        if name not in seen:
            part = seen[name] = part_of(name)
            if isinstance(part, Pattern):
                pending += part.members
            elif part is not None:
                templates[name] = part
    missing = [name for name, part in seen.items() if part is None]
    for template in profile.templates.values():
        references = (*template.object_references, *template.context_references)
        missing += [name for name in references if name not in templates]
    return templates, tuple(dict.fromkeys(missing))
