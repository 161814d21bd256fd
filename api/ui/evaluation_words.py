"""What the pages of evidence, trajectories and evaluation say, in Chinese and in English."""

from typing import Final

# By key: Chinese, English, as in ``words.py``.
EVALUATION_WORDS: Final[dict[str, tuple[str, str]]] = {
    "working_out": ("正在计算……", "Being worked out…"),
    "or": ("、", ", "),
    # Evidence
    "evidence.title": ("依据", "Evidence"),
    "evidence.of": ("{who}：依据", "Evidence on {who}"),
    "evidence.back": ("返回 {who}", "Back to {who}"),
    "evidence.facts": ("学习记录", "Records"),
    "evidence.help": (
        "页面上的每个数字都由这样的记录得出。打开一条，可看到它说了什么，以及应用发来的原始语句"
        "（xAPI JSON）。",
        "Every figure on these pages is made of such records. One opens to what it says, and to the"
        " statement as the app posted it (xAPI JSON).",
    ),
    "evidence.open": ("查看依据", "See the evidence"),
    "evidence.count": ("依据：{n} 条记录", "Evidence: {n} records"),
    "evidence.n": ("共 {n} 条", "n = {n}"),
    "evidence.first": ("最近 {n} 条", "The newest {n}"),
    "evidence.more": ("更早的记录", "Older ones"),
    "evidence.empty": ("没有这样的记录。", "There are no such records."),
    "evidence.bad": ("这样的依据查不了", "Such evidence can't be asked for"),
    "evidence.lesson": ("打开这节课", "Open the lesson"),
    "evidence.voided": (
        "这条语句已被作废，刷新后不再计入。",
        "This statement has been voided since; it counts no more.",
    ),
    "evidence.json": ("原始语句（JSON）", "The statement (JSON)"),
    "evidence.asked": ("{name}：{value}", "{name}: {value}"),
    "fact.action": ("行为", "Action"),
    "fact.phase": ("阶段", "Phase"),
    "fact.subject": ("学科", "Subject"),
    "fact.lesson": ("课", "Lesson"),
    "fact.course": ("课程", "Course"),
    "fact.item": ("题目或资源", "Item"),
    "fact.part_of": ("所属", "Part of"),
    "fact.knowledge_point": ("知识点", "Knowledge point"),
    "fact.layer": ("层次", "Layer"),
    "fact.app": ("应用", "App"),
    "fact.response": ("作答内容", "Response"),
    "fact.duration": ("用时", "Time"),
    "fact.due": ("截止", "Due"),
    "fact.counterpart": ("对方", "Other person"),
    "fact.statement": ("语句编号", "Statement"),
    "fact.right": ("✓ 答对", "✓ right"),
    "fact.wrong": ("✗ 答错", "✗ wrong"),
    "fact.score.is": ("得分 {value}", "score {value}"),
    "fact.rating.is": ("评价 {value}", "rating {value}"),
    "fact.progress.is": ("进度 {value}", "progress {value}"),
    "fact.done": ("已完成", "done"),
    "fact.not_done": ("未完成", "not done"),
    # Trajectory
    "trajectory.title": ("成长轨迹与预测", "Trajectory and forecast"),
    "trajectory.help": (
        "菱形是每周的平均成绩；实线是估计的水平，虚线是对未来成绩的预期，点线是同群体的平均。"
        "深色带有 80% 的"
        "可能包含真实值，浅色带 95%；宽度由留出的成绩实测得出。预测说的是一次成绩，"
        "因此比水平的带子更宽。"
        "成绩少于三次，或者模型没有校准时，不作预测。",
        "Diamonds are a week's mean results. The solid line is the level that is estimated, the"
        " dashed one what to expect of results to come, the dotted one the cohort's mean. The truth"
        " lies in the dark band with 80% and in the pale one with 95% certainty, as measured on"
        " results held out. A forecast is of one result, so its bands are wider than a level's."
        " Nothing is foretold from fewer than three results, or before calibration.",
    ),
    "trajectory.empty": (
        "还没有成绩，画不出成长轨迹。",
        "There are no results yet to draw a trajectory from.",
    ),
    "trajectory.unit": ("分，0–100", "points, 0–100"),
    "trajectory.n": ("{n} 次成绩", "n = {n} results"),
    "trajectory.model": ("模型 {version}", "model {version}"),
    "trajectory.foretold": ("预测 →", "forecast →"),
    "trajectory.result": ("每周成绩", "Results"),
    "trajectory.level": ("水平", "Level"),
    "trajectory.expected": ("预期", "Expected"),
    "trajectory.band80": ("80% 区间", "80% band"),
    "trajectory.band95": ("95% 区间", "95% band"),
    "trajectory.low80": ("80% 下限", "80% low"),
    "trajectory.high80": ("80% 上限", "80% high"),
    "trajectory.low95": ("95% 下限", "95% low"),
    "trajectory.high95": ("95% 上限", "95% high"),
    "trajectory.cohort": ("同群体平均", "Cohort"),
    "trajectory.under": ("低于 60 分的可能", "Under 60"),
    "trajectory.week": ("周（周一）", "Week of"),
    "trajectory.ahead": ("未来八周的预测", "The coming eight weeks"),
    "trajectory.level.said": (
        "现在的水平约 {points} 分（80% 区间 {low80}–{high80}，95% 区间 {low95}–{high95}），"
        "同群体平均 "
        "{cohort} 分；依据 {n} 次成绩。",
        "The level is about {points} points now (80%: {low80}–{high80}, 95%: {low95}–{high95});"
        " the cohort's mean is {cohort}. From {n} results.",
    ),
    "trajectory.growth.said": (
        "成长百分位 {percentile}：与起点相近的 {peers} 名同学相比，自 {since} 以来的进步超过其中 "
        "{percentile}%。",
        "Growth percentile {percentile}: since {since} this student has grown more than"
        " {percentile}% of {peers} peers who began alike.",
    ),
    "trajectory.growth.unknown": ("成长百分位：{why}。", "Growth percentile: {why}."),
    "trajectory.forecast.said": (
        "{weeks} 周后，一次成绩预计约 {points} 分（80% 区间 {low80}–{high80}，95% 区间 "
        "{low95}–{high95}），"
        "低于 60 分的可能为 {under}。",
        "In {weeks} weeks a result of about {points} is to be expected (80%: {low80}–{high80},"
        " 95%: {low95}–{high95}); it is under 60 with {under} probability.",
    ),
    "trajectory.measured": (
        "这类预警以往说中了 {share}（{n} 次；95% 区间 {low}–{high}）。",
        "Such warnings came true in {share} of {n} (95%: {low}–{high}).",
    ),
}
