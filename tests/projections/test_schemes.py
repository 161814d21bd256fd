"""A scheme's document means what it says, or is refused with every fault, its line and a hint."""

import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from projections.evaluation.published_schemes import Schemes, shipped_schemes
from projections.evaluation.scheme_extending import LONGEST, Resolved, faults_of, resolve, stated_id
from projections.evaluation.scheme_faults import SchemeFault, SchemeFaulty, UnknownScheme
from projections.evaluation.scheme_reading import (
    CONDITIONS,
    DIMENSION_KEYS,
    INDICATOR_KEYS,
    MEASURE_KEYS,
)
from projections.evaluation.scheme_words import WORDS, say
from projections.evaluation.scheme_writing import scheme_text
from projections.evaluation.schemes import FIGURES, NORMALISATIONS, Scheme
from projections.sentences import Sentence
from projections.vocabulary import ACTIONS, SUBJECTS
from tests.support.scheme_documents import BASE, OWN, replaced, schemes, small_scheme


def said(suggestion: Sentence | None) -> str:
    return suggestion.en if suggestion else ""


def whole(text: str) -> Scheme:
    return resolve("base", {"base": text}).scheme


def faults(*texts: str) -> list[SchemeFault]:
    """The faults of the first of some documents."""
    documents = {stated_id(text): text for text in texts}
    with pytest.raises(SchemeFaulty) as raised:
        resolve(next(iter(documents)), documents)
    return list(raised.value.faults)


def fault(*changes: tuple[str, str], text: str = BASE) -> SchemeFault:
    """The one fault that changes make in a document."""
    (found,) = faults(replaced(text, *changes))
    return found


# What a document means ---------------------------------------------------------------------------


def test_a_document_says_dimensions_indicators_and_levels() -> None:
    scheme = whole(BASE)
    assert (scheme.id, scheme.title.zh, scheme.extends) == ("base", "基础方案", ())
    assert [(level.id, level.at_least) for level in scheme.levels] == [("A", 85), ("B", 0)]
    learning, conduct = scheme.dimensions
    (accuracy,) = learning.indicators
    assert (accuracy.measure.phase, accuracy.measure.where.actions) == ("post", ("answer",))
    assert (accuracy.normalisation.zero, accuracy.normalisation.full) == (0.2, 1)
    assert [indicator.minimum for indicator in conduct.indicators] == [1, 1]
    assert conduct.indicators[0].measure.of == "rating"  # the only one that there is


@settings(max_examples=60)
@given(scheme=schemes())
def test_any_scheme_survives_being_written_and_read(scheme: Scheme) -> None:
    text = scheme_text(scheme)
    assert resolve(scheme.id, {scheme.id: text}) == Resolved(scheme=scheme)


# Faults ------------------------------------------------------------------------------------------


def test_a_rule_and_a_suggestion_name_the_same_values_in_both_languages() -> None:
    for key, (zh, en) in WORDS.items():
        places = [sorted(re.findall(r"(?<!{){(\w+)}", text)) for text in (zh, en)]
        assert places[0] == places[1], key
        assert re.search("[\u4e00-\u9fff]", zh), key
    assert say("levels.fall", before="85").zh == "等第从高到低排列：这里应小于 85"


@pytest.mark.parametrize(
    ("old", "new", "path", "rule", "suggestion"),
    [
        ("weight: 60", "wieght: 60", "wieght", "is not a key", "did you mean weight?"),
        ("over: facts", "over: fact", "measure.over", "is not known", "did you mean facts?"),
        ("figure: share", "figure: shares", "figure", "not known over facts", "mean share?"),
        ("of: success", "of: sucess", "measure.of", "for a share", "did you mean success?"),
        ("of: success, ", "", "measure.of", "is missing: a share is one of", ""),
        ("kind: process", "kind: proces", "kind", "is not known", "did you mean process?"),
        ("source: objective", "source: x", "source", "is not known", "one of objective"),
        ("phase: post", "phase: after", "phase", "is not known", "one of pre, in, post"),
        ("[answer]", "[anwser]", "where.actions[0]", "is not known", "did you mean answer?"),
        ("[answer]", "answer", "where.actions", "must be a list", "write [answer]"),
        ("[answer]", "[answer, answer]", "where.actions[1]", "names a value twice", ""),
        ("actions: [answer]", "raters: [self]", "where.raters", "is not a key over facts", ""),
        ("actions: [answer]", "subjects: [mathematic]", "subjects[0]", "", "mean mathematics?"),
        ("actions: [answer]", "subjects: [数学]", "subjects[0]", "", "did you mean mathematics?"),
        ("actions: [answer]", "lessons: [l 1]", "lessons[0]", "must be an absolute IRI", ""),
        ("full: 1", "full: 85", "normalisation.full", "lies in 0..1", "then it is 0.85"),
        (", full: 1", "", "normalisation.full", "is missing: a criterion says", ""),
        ("zero: 0.2", "zero: 1", "normalisation", "must differ", ""),
        ("zero: 0.2", "zero: .nan", "normalisation.zero", "must be a number", ""),
        ("by: criterion", "by: z", "normalisation.by", "is not known", "one of criterion"),
        ("by: percentile", "by: percentile, zero: 1", "zero", "only a criterion has a zero", ""),
        ("weight: 100", "weight: 100\n        minimum: 0", "minimum", "must lie in 1..", ""),
        ("weight: 100", "weight: 100\n        minimum: 1.5", "minimum", "a whole number", ""),
        ("figure: mean", "figure: mean, of: score", "measure.of", "is not known", "one of rating"),
        ("source: subjective", "source: objective", "source", "is subjective", ""),
        ("each: day, count: 1", "each: week, count: 1", "at_most.each", "is not known", ""),
        ("each: day, count: 1", "each: day, count: 0", "at_most.count", "must lie in 1..", ""),
        ("figure: count", "figure: days", "measure.at_most", "counted once", ""),
        ("en: Base", 'en: "a\\e"', "title.en", "control characters", ""),
        (", en: Base}", "}", "title.en", "is missing", ""),
        ("zh: 学习, ", "", "dimensions.learning.title.zh", "is missing", ""),
        ("zh: 学习", "zh: ''", "dimensions.learning.title.zh", "isn't empty", ""),
        ("at_least: 85", "at_least: 101", "levels.A.at_least", "must lie in 0..100", ""),
        ("at_least: 0", "at_least: 85", "levels.B.at_least", "less than 85", ""),
        ("at_least: 0", "at_least: 50", "levels", "the last level begins at 0", ""),
        ("id: B", "id: A", "levels", "the id stands twice, first in line 5", ""),
        ("id: badges", "id: praise", "dimensions.conduct.indicators", "stands twice", ""),
        ("id: praise", "id: accuracy", "accuracy", "another indicator's: dimensions.learning", ""),
        ("id: learning", "id: le/arning", "id", "letters, digits", ""),
        ("id: learning", "id: 1", "id", "must be a text", 'in quotes: "1"'),
        ("weight: 60", "weight: 50", "dimensions", "sum to 100", "learning 55.56, conduct 44.44"),
        ("weight: 60", "weight: 0", "weight", "more than 0", ""),
        ("weight: 60", "weight: yes", "weight", "must be a number", ""),
        ("scheme: base", "scheme: base\nextends: 1", "extends", "must be a text", ""),
    ],
)
def test_a_fault_names_line_path_rule_and_suggestion(
    old: str, new: str, path: str, rule: str, suggestion: str
) -> None:
    text = replaced(BASE, (old, new))
    found = faults(text)
    matching = [
        each
        for each in found
        if path in each.path and rule in each.rule.en and suggestion in said(each.suggestion)
    ]
    assert matching, [str(each) for each in found]
    lines = text.splitlines()
    (first, *_) = matching
    changed = BASE[: BASE.index(old)].count("\n") + 1
    is_of_a_list = "sum" in rule or "the last level" in rule or "stands twice" in rule
    if not is_of_a_list and "is missing" not in rule:
        assert changed <= first.line <= changed + 1
    assert 1 <= first.line <= len(lines)
    assert 1 <= first.column <= len(lines[first.line - 1])


def test_all_faults_are_told_at_once_in_the_order_of_the_lines() -> None:
    text = replaced(
        BASE, ("over: facts", "over: fakts"), ("figure: mean", "figure: men"), ("id: A,", "")
    )
    found = faults(text)
    assert [each.path for each in found] == [
        "levels[0].id",
        "dimensions.learning.indicators.accuracy.measure.over",
        "dimensions.conduct.indicators.praise.measure.figure",
    ]
    assert [each.line for each in found] == [5, 17, 28]
    assert all(each.scheme == "base" for each in found)


@pytest.mark.parametrize("by", ["cohort-z", "min-max"])
def test_a_count_that_one_action_can_raise_without_end_is_not_compared_unbounded(by: str) -> None:
    bounded = replaced(BASE, ("by: percentile", f"by: {by}"))
    assert whole(bounded)
    found = fault((", at_most: {each: day, count: 1}", ""), text=bounded)
    assert found.rule.en.startswith(f"{by} of a count lets one who repeats an action press all")
    assert "at_most" in said(found.suggestion)


@pytest.mark.parametrize("over", ["mastery", "mistakes", "documents"])
def test_what_has_no_time_has_neither_phase_nor_bound(over: str) -> None:
    measure = "over: ratings, figure: mean"
    text = replaced(
        BASE,
        ("source: subjective", "source: objective\n        phase: in"),
        (measure, f"over: {over}, figure: count, at_most: {{each: day, count: 1}}"),
    )
    assert {each.path.rpartition(".")[2] for each in faults(text)} == {"phase", "at_most"}


@pytest.mark.parametrize(
    ("text", "line", "rule"),
    [
        ("", 1, "is empty"),
        ("scheme: [1, 2", 1, "is not valid YAML"),
        (f"scheme: a\nlevels: 0x{'f' * 5000}", 2, "is not valid YAML"),
        ("a: 1\n  b: 2", 2, "is not valid YAML"),
        ("scheme: x\nscheme: y", 2, "the key stands twice, first in line 1"),
        ("scheme: x\ntitle: {zh: a, zh: b}", 2, "the key stands twice"),
        ("a: &a [1]\nb: [*a, *a]", 2, "aliases are not taken"),
        ("a: b\nc: !!python/object:os.system x", 2, "tags are not taken"),
        ("a: b\nc: \0", 2, "the character is not taken"),
        ('a: "\\ud800"', 1, "half of a character"),
        ("? [1]\n: 2", 1, "a key is a text"),
        ("[" * 3_000, 1, "is nested too deep"),
        (f"a: {'9' * 5_000}", 1, "this is no int"),
        (f"{BASE}#{'x' * LONGEST}", 1, "a scheme has at most 65,536 characters"),
        ("- scheme: base", 1, "must be a table with the keys scheme"),
        ("scheme: base", 1, "is missing"),
    ],
)
def test_what_is_no_document_is_refused_with_its_line(text: str, line: int, rule: str) -> None:
    with pytest.raises(SchemeFaulty) as raised:
        resolve("base", {"base": text})
    first = raised.value.faults[0]
    assert (first.line, rule in first.rule.en) == (line, True), str(first)


def test_a_fault_shows_no_more_than_a_little_of_what_was_found() -> None:
    found = fault(("over: facts", f"over: {'x' * 5_000}"))
    assert len(str(found)) < 1_000


_BITS = st.sampled_from(
    [*"{}[]:,-#&*!|>'\"%@`\n\t \\\0", "&a", "*a", "null", "~", ".inf", "1e999", "<<", "\ud800"]
)


@settings(max_examples=150)
@given(data=st.data())
def test_damage_is_refused_or_leaves_a_valid_scheme(data: st.DataObject) -> None:
    text = BASE
    for _ in range(data.draw(st.integers(1, 3))):
        begin = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(begin, min(len(text), begin + 30)))
        bit = data.draw(_BITS | st.sampled_from(BASE.splitlines(keepends=True)) | st.text())
        text = text[:begin] + bit + text[end:]
    own = replaced(OWN, ("weight: 50", data.draw(st.sampled_from(["weight: 50", "weight: 0"]))))
    for name in ("base", "own"):
        texts = {"base": text, "own": own}
        if (faulty := faults_of(name, texts)) is not None:
            assert faulty.count >= len(faulty.faults) >= 1
            assert all(each.rule.zh and each.rule.en and each.line >= 1 for each in faulty.faults)
            str(faulty).encode()
        else:
            scheme = resolve(name, texts).scheme
            written = scheme_text(scheme)
            again = resolve(scheme.id, {scheme.id: written}).scheme
            assert (again.dimensions, again.levels) == (scheme.dimensions, scheme.levels)


# Extending ---------------------------------------------------------------------------------------


def extended(own: str, *others: str) -> Resolved:
    return resolve("own", {stated_id(text): text for text in (own, *others, BASE)})


def test_a_scheme_extends_another_by_what_it_says_otherwise() -> None:
    own = f"""{OWN}    indicators:
      - {{id: badges, weight: 0}}
      - {{id: praise, weight: 70, minimum: 3}}
      - id: days
        title: {{zh: 活跃, en: Active}}
        kind: process
        source: objective
        measure: {{over: facts, figure: days}}
        normalisation: {{by: criterion, zero: 0, full: 60}}
        weight: 30
""".replace("{id: conduct, weight: 50}", "id: conduct\n    weight: 50")
    resolved = extended(own)
    scheme = resolved.scheme
    assert (scheme.id, scheme.title.en, scheme.extends) == ("own", "Our own", ("base",))
    assert scheme.levels == whole(BASE).levels
    assert [(each.id, each.weight) for each in scheme.dimensions] == [
        ("learning", 50),
        ("conduct", 50),
    ]
    assert scheme.dimensions[0].indicators == whole(BASE).dimensions[0].indicators
    conduct = {each.id: each for each in scheme.dimensions[1].indicators}
    assert {name: each.weight for name, each in conduct.items()} == {"praise": 70, "days": 30}
    assert (conduct["praise"].minimum, conduct["praise"].title.en) == (3, "Ratings")
    said = {(each.path, each.change, each.of) for each in resolved.overrides}
    assert said == {
        ("dimensions.learning.weight", "changed", "base"),
        ("dimensions.conduct.weight", "changed", "base"),
        ("dimensions.conduct.indicators.badges", "left out", "base"),
        ("dimensions.conduct.indicators.praise.weight", "changed", "base"),
        ("dimensions.conduct.indicators.praise.minimum", "added", ""),
        ("dimensions.conduct.indicators.days", "added", ""),
    }
    changed = {each.path: (each.before, each.after) for each in resolved.overrides}
    assert changed["dimensions.learning.weight"] == (60, 50)


def test_a_scheme_extends_one_that_extends_another() -> None:
    upper = replaced(OWN, ("scheme: own", "scheme: upper"), ("extends: base", "extends: own"))
    resolved = resolve("upper", {"upper": upper, "own": OWN, "base": BASE})
    assert resolved.scheme.extends == ("own", "base")
    assert {each.by for each in resolved.overrides} == {"own"}  # upper says the same


def test_an_extending_scheme_is_held_to_the_rules_of_the_whole() -> None:
    (found,) = faults(replaced(OWN, ("weight: 50", "weight: 45")), BASE)
    assert (found.scheme, found.line) == ("own", 6)
    assert "95" in found.value


def test_an_id_that_overrides_nothing_is_told_what_it_may_mean() -> None:
    found = faults(replaced(OWN, ("id: learning", "id: lerning")), BASE)
    assert {said(each.suggestion) for each in found if each.rule.en == "is missing"} == {
        "did you mean learning?"
    }


def test_faults_of_what_is_extended_name_its_document() -> None:
    found = faults(OWN, replaced(BASE, ("kind: process", "kind: x")))
    assert [(each.scheme, each.line) for each in found] == [("base", 14)]


def test_an_unknown_parent_is_told_with_what_may_be_meant() -> None:
    (found,) = faults(replaced(OWN, ("extends: base", "extends: bas")), BASE)
    assert (found.line, found.path, found.value) == (4, "extends", "bas")
    assert said(found.suggestion) == "did you mean base?"


@pytest.mark.parametrize("length", [1, 2, 3, 12])
def test_schemes_that_extend_each_other_are_refused(length: int) -> None:
    names = [f"s{number}" for number in range(length)]
    texts = {
        name: small_scheme(name, extends=names[(number + 1) % length])
        for number, name in enumerate(names)
    }
    with pytest.raises(SchemeFaulty) as raised:
        resolve("s0", texts)
    rule = raised.value.faults[0].rule.en
    assert rule == "schemes extend each other" if length < 12 else "at most 10 schemes" in rule


def test_a_scheme_that_extends_itself_is_told_to_take_another_id() -> None:
    (found,) = faults(small_scheme("football", extends="football"))
    assert (found.value, said(found.suggestion)) == (
        "football → football",
        "give it an id of its own",
    )


def test_an_unknown_scheme_is_told_apart_from_a_faulty_one() -> None:
    with pytest.raises(UnknownScheme):
        resolve("own", {})


# Of a store --------------------------------------------------------------------------------------


def test_the_order_in_which_schemes_are_published_does_not_matter() -> None:
    early = Schemes({"own": OWN})
    assert early.faults("own") is not None
    later = early.publishing(BASE)
    assert later.faults("own") is None
    assert later.resolve("own") == Schemes({"base": BASE}).publishing(OWN).resolve("own")


def test_a_change_that_breaks_others_names_them() -> None:
    schemes = Schemes({"base": BASE, "own": OWN})
    assert schemes.extending("base") == ["own"]
    assert set(schemes.broken_by(schemes.withdrawing("base"), "base")) == {"own"}
    renamed = schemes.publishing(replaced(BASE, ("id: conduct", "id: behaviour")))
    assert set(schemes.broken_by(renamed, "base")) == {"own"}
    other_levels = schemes.publishing(replaced(BASE, ("at_least: 85", "at_least: 80")))
    assert schemes.broken_by(other_levels, "base") == {}


def test_what_a_store_publishes_takes_the_place_of_the_shipped_one_and_breaks_none() -> None:
    mine = small_scheme("district-comprehensive")
    schemes = Schemes({"district-comprehensive": mine})
    assert schemes.resolve("district-comprehensive").scheme.title.en == "Base"
    assert schemes.resolve("role-model-badges").scheme.extends == ("district-comprehensive",)
    assert len(schemes.resolve("role-model-badges").scheme.dimensions) == 7
    assert schemes.extending("district-comprehensive") == []
    withdrawn = schemes.withdrawing("district-comprehensive")
    assert len(withdrawn.resolve("district-comprehensive").scheme.dimensions) == 6


# Shipped -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(shipped_schemes()))
def test_a_shipped_scheme_has_dimensions_enough_and_both_kinds_and_sources(name: str) -> None:
    scheme = Schemes({}).resolve(name).scheme
    indicators = [each for dimension in scheme.dimensions for each in dimension.indicators]
    assert len(scheme.dimensions) >= 5
    assert {each.kind for each in indicators} == {"process", "outcome"}
    assert {each.source for each in indicators} == {"objective", "subjective"}


def test_three_schemes_are_shipped() -> None:
    assert list(Schemes({})) == ["district-comprehensive", "football", "role-model-badges"]
    assert len(Schemes({}).resolve("football").scheme.dimensions) == 5


# Documentation -----------------------------------------------------------------------------------

DOCUMENTATION = (Path(__file__).parents[2] / "docs" / "evaluation.md").read_text("utf-8")


def test_the_documentation_names_every_key_measure_and_normalisation() -> None:
    words = set(re.findall(r"`([\w-]+)`", DOCUMENTATION))
    conditions = {each for some in CONDITIONS.values() for each in some}
    of = {each for figures in FIGURES.values() for some in figures.values() for each in some}
    expected = {
        *DIMENSION_KEYS,
        *INDICATOR_KEYS,
        *MEASURE_KEYS,
        *NORMALISATIONS,
        *FIGURES,
        *(figure for figures in FIGURES.values() for figure in figures),
        *conditions,
        *filter(None, of),
    }
    assert expected <= words, expected - words
    assert {"answer", "mathematics"} <= {*ACTIONS, *SUBJECTS}


def test_the_example_of_the_documentation_is_a_scheme() -> None:
    (example,) = re.findall(r"```yaml\n(# .*?)```", DOCUMENTATION, re.DOTALL)
    assert resolve("example", {**shipped_schemes(), "example": example}).scheme.extends == (
        "district-comprehensive",
    )
