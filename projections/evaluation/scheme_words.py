"""What is said of a scheme's faults: every rule and suggestion, in Chinese and English."""

from typing import Final

from projections.sentences import Sentence

# By key: Chinese, English. `{name}` is a place for a value; words of a document stay as they are.
WORDS: Final[dict[str, tuple[str, str]]] = {
    # Tables, lists, values
    "table": (
        "应是一张表，键为 {known}",
        "must be a table with the keys {known}",
    ),
    "not_a_key": ("没有这个键", "is not a key"),
    "not_a_key.over": ("over 为 {over} 时没有这个键", "is not a key over {over}"),
    "missing": ("缺少这一项", "is missing"),
    "list": ("应是列表", "must be a list"),
    "list.some": ("应是至少有一个值的列表", "must be a list of at least one value"),
    "list.longest": ("最多 {most} 个值", "has at most {most} values"),
    "twice.id": ("编号重复，第一次在第 {line} 行", "the id stands twice, first in line {line}"),
    "twice.value": ("同一个值写了两次", "names a value twice"),
    "text": ("应是文字", "must be a text"),
    "text.empty": ("文字不能为空", "must be a text that isn't empty"),
    "text.control": ("文字中不能有控制字符", "must be a text without control characters"),
    "text.longest": ("最多 {longest} 个字符", "has at most {longest} characters"),
    "id": (
        "编号是 1 至 64 个字母、数字、“_”或“-”",
        "an id is 1 to 64 letters, digits, '_' and '-'",
    ),
    "iri": (
        "应是绝对 IRI，即某个活动的编号",
        "must be an absolute IRI, the id of an activity",
    ),
    "unknown": ("没有这个词", "is not known"),
    "unknown.over": ("over 为 {over} 时没有这个词", "is not known over {over}"),
    "unknown.figure": ("figure 为 {figure} 时没有这个词", "is not known for a {figure}"),
    "number": ("应是数", "must be a number"),
    "whole": ("应是整数", "must be a whole number"),
    "range": ("应在 {low} 至 {high} 之间", "must lie in {low}..{high}"),
    "document.longest": (
        "一个方案最多 {longest} 个字符",
        "a scheme has at most {longest} characters",
    ),
    # Levels and weights
    "levels.fall": (
        "等第从高到低排列：这里应小于 {before}",
        "levels fall, the highest first: this must be less than {before}",
    ),
    "levels.last": (
        "最后一级从 0 开始，否则更低的分数没有等第",
        "the last level begins at 0: else the scores below it have no level",
    ),
    "weights.sum": ("同一层的权重之和应为 100", "the weights of one level sum to 100"),
    "weight.none": (
        "权重应大于 0；写 0 是去掉所扩展方案中的这一项",
        "a weight is more than 0; 0 leaves out what an extended scheme has",
    ),
    # Indicators and measures
    "indicator.id": ("编号与另一个指标相同：{first}", "the id is another indicator's: {first}"),
    "phase": (
        "只有 facts 和 ratings 分课前、课中、课后，{over} 不分",
        "only facts and ratings have a phase, {over} have none",
    ),
    "source.ratings": (
        "ratings 由人评判，来源是 subjective",
        "ratings are what people judge: their source is subjective",
    ),
    "source.counted": (
        "{over} 不由人评判，来源是 objective",
        "nobody judges {over}: the source is objective",
    ),
    "of.nothing": (
        "figure 为 {figure} 时不写这一项",
        "a {figure} is of nothing else: leave this out",
    ),
    "of.missing": (
        "缺少这一项：figure 为 {figure} 时应是 {known} 之一",
        "is missing: a {figure} is one of {known}",
    ),
    "bound.over": (
        "只限定 facts 和 ratings 的次数：{over} 不会因重复而增加",
        "bounds facts and ratings: {over} can't be raised by repeating",
    ),
    "bound.once": (
        "{figure} 中再多也只计一次，不用限定",
        "{figure} are counted once however much there is in each",
    ),
    # Normalisations
    "ends.none": (
        "{by} 与他人比较：只有 criterion 才有 {key}",
        "{by} compares with others: only a criterion has a {key}",
    ),
    "unbounded.kept": (
        "{over} 的 {figure} 用 {by} 时，一个人无限添加会压低别人",
        "{by} of a {figure} of {over} lets one who adds without end press others",
    ),
    "unbounded.repeated": (
        "{figure} 用 {by} 时，一个人反复做同一件事会压低所有人",
        "{by} of a {figure} lets one who repeats an action press all others",
    ),
    "end.missing": (
        "缺少这一项：criterion 要写明得 {score} 分的数值",
        "is missing: a criterion says which figure scores {score}",
    ),
    "end.range": ("{what} 在 {low} 至 {high} 之间", "a {what} lies in {low}..{high}"),
    "ends.same": (
        "得 0 分与得 100 分的数值不能相同",
        "what scores 0 and what scores 100 must differ",
    ),
    # Extending, and whose a scheme is
    "extends.round": ("方案互相扩展", "schemes extend each other"),
    "extends.unknown": (
        "区级方案中没有这个可扩展的方案",
        "there is no such scheme to extend among the district's",
    ),
    "extends.unknown.school": (
        "区级方案和本校方案中没有这个可扩展的方案",
        "there is no such scheme to extend among the district's and the school's own",
    ),
    "extends.deepest": (
        "一个方案之上最多 {most} 层",
        "at most {most} schemes stand above one",
    ),
    "owner.id": (
        "这个编号已属于别的学校或区里：请换一个",
        "the id is another owner's: choose one that isn't taken",
    ),
    "owner.school": ("名册中没有这所学校", "the roster has no such school"),
    "owner.leader": (
        "校长只能改动本校的方案",
        "a school leader changes schemes of the own school only",
    ),
    # Suggestions
    "did_you_mean": ("是不是 {word}？", "did you mean {word}?"),
    "one_of": ("可以是 {known}", "one of {known}"),
    "known_here": ("这里可以写 {known}", "known here: {known}"),
    "there_are": ("现有：{known}", "there are: {known}"),
    "in_brackets": ("写作 [{value}]", "write [{value}]"),
    "in_quotes": ('加引号："{value}"', 'in quotes: "{value}"'),
    "proportions": ("按现在的比例：{shares}", "in these proportions: {shares}"),
    "of_hundred": ("是百分数吗？那么写 {value}", "of 100? then it is {value}"),
    "other_normalisation": ("改用 criterion 或 percentile", "take criterion or percentile"),
    "bound_it": (
        "限定次数，例如 at_most: {{each: day, count: 3}}",
        "bound the measure, as by at_most: {{each: day, count: 3}}",
    ),
    "own_id": ("换一个自己的编号", "give it an id of its own"),
    "say_school": ("写上 school: {school}", "say school: {school}"),
}


def say(key: str, /, **values: object) -> Sentence:
    """Say a rule or a suggestion about some values."""
    zh, en = WORDS[key]
    return Sentence(zh.format(**values), en.format(**values))
