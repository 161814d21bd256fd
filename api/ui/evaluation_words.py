"""What the pages of evidence, trajectories and evaluation say, in Chinese and in English."""

from typing import Final

# By key: Chinese, English, as in ``words.py``.
EVALUATION_WORDS: Final[dict[str, tuple[str, str]]] = {
    "broken.reload": (
        "学习记录都在，没有丢失。请过一会儿刷新页面。",
        "Nothing is lost: the learning records are safe. Please reload this page in a while.",
    ),
    "working_out": ("正在计算……", "Being worked out…"),
    # Evidence
    "evidence.title": ("依据", "Evidence"),
    "evidence.of": ("{who}：依据", "Evidence on {who}"),
    "evidence.back": ("返回 {who}", "Back to {who}"),
    "evidence.return": ("返回上一页", "Back"),
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
    "fact.attempts_at": ("作答与订正", "Attempts at"),
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
    # Results
    "evaluation.title": ("评价", "Evaluation"),
    "back_to_student": ("返回学生", "Back to the student"),
    "result.title": ("评价结果", "Result"),
    "result.of": ("{name}：评价结果", "{name}: result"),
    "result.help": (
        "按评价方案由学习记录算出，满分 100。圆点是得分，横带是 95% 区间。过程看怎样学，"
        "结果看学得怎样。证据不够的"
        "指标不给分，其权重由其余指标分担；完整度是有证据的权重占多少。"
        "变化是与前一段同样长的时间相比。",
        "Worked out of the records by a scheme, 0 to 100. The dot is the score, the band its 95%"
        " interval. Process is how somebody learned, outcome what came of it. Where evidence is"
        " missing there is no score and the others weigh more; completeness is the share of the"
        " weight that has evidence. Change is since as many days before.",
    ),
    "result.more": ("查看全部指标和依据", "All indicators and their evidence"),
    "result.total": ("总分", "Total"),
    "result.level": ("等第", "Level"),
    "result.interval": ("95% 区间", "95% interval"),
    "result.process": ("过程", "Process"),
    "result.outcome": ("结果", "Outcome"),
    "result.objective": ("客观", "objective"),
    "result.subjective": ("主观", "subjective"),
    "result.completeness": ("完整度", "Completeness"),
    "result.change": ("变化", "Change"),
    "result.explanation": ("为什么是这个结果", "Why this result"),
    "result.dimensions": ("各维度得分", "Scores by dimension"),
    "result.dimension": ("维度", "Dimension"),
    "result.indicator": ("指标", "Indicator"),
    "result.indicators.caption": ("“{dimension}”的各项指标", "Indicators of “{dimension}”"),
    "result.score": ("得分（0–100）", "Score (0–100)"),
    "result.weight": ("权重", "Weight"),
    "result.weight.of": ("权重 {weight}%", "weight {weight}%"),
    "result.figure": ("测得", "Figure"),
    "result.figure.count": ("{n} 次", "{n}"),
    "result.figure.days": ("{n} 天", "{n} days"),
    "result.figure.lessons": ("{n} 节课", "{n} lessons"),
    "result.figure.sum": ("{n}", "{n}"),
    "result.points": ("计入总分", "Points"),
    "result.points.of": ("{points} / {of}", "{points} / {of}"),
    "result.unit": ("单位：分，0–100", "Unit: points, 0–100"),
    "result.documents": ("{n} 份文档", "{n} documents"),
    "result.interval.said": (
        "{score} 分，95% 可能在 {low} 到 {high} 之间",
        "{score}, with 95% certainty between {low} and {high}",
    ),
    "result.by.criterion": ("{zero} 得 0 分，{full} 得满分", "{zero} scores 0, {full} scores 100"),
    "result.by.cohort-z": ("与同年级比较", "compared within the grade"),
    "result.by.percentile": ("同年级中的名次", "rank within the grade"),
    "result.by.min-max": ("同年级最低到最高", "lowest to highest of the grade"),
    "result.none": ("没有可以显示的结果", "There is no result to show"),
    "result.nobody": (
        "名册和学习记录里都没有，或者网址写错了。",
        "Neither the roster nor the records know it, or the address is mistyped.",
    ),
    "result.no_scheme": ("没有“{scheme}”这个评价方案。", "There is no scheme “{scheme}”."),
    "result.faulty_scheme": (
        "评价方案“{scheme}”有错，用不了；请打开方案查看。",
        "The scheme “{scheme}” has faults and can't be applied; its page tells them.",
    ),
    "result.other_school": (
        "“{scheme}”是另一所学校的方案，只评价那所学校的人。",
        "“{scheme}” is another school's own, and judges that school's people only.",
    ),
    "result.bad_days": (
        "起止日期不对：起在前，止在后，最多相隔 400 天。",
        "These days can't be asked for: the first has to come first, at most 400 days apart.",
    ),
    "scheme.read": ("查看评价方案", "Read the scheme"),
    "choice.scheme": ("方案", "Scheme"),
    "choice.from": ("从", "From"),
    "choice.to": ("到", "To"),
    # Results of groups
    "back_to_evaluation": ("返回评价", "Back to evaluation"),
    "group.students": ("学生", "Students"),
    "group.of": ("{n} / {all}", "{n} / {all}"),
    "group.mean": ("平均分（0–100）", "Mean (0–100)"),
    "group.interval": ("95% 区间", "95% interval"),
    "group.process": ("过程", "Process"),
    "group.outcome": ("结果", "Outcome"),
    "group.completeness": ("完整度", "Completeness"),
    "group.change": ("变化", "Change"),
    "group.levels": ("等第分布", "Levels"),
    "group.levels.summary": ("等第分布：{counts}", "Levels: {counts}"),
    "group.scores": ("总分分布", "Spread of totals"),
    "group.scores.summary": ("总分分布：{counts}", "Spread of totals: {counts}"),
    "group.n": ("{n} 人有总分", "n = {n} with a total"),
    "group.members": ("每名学生的结果", "Each student's result"),
    "group.members.caption": (
        "每名学生的总分、等第、过程与结果，点击列名排序",
        "Each student's total, level, process and outcome; column headings sort",
    ),
    "group.classes": ("各班级", "Classes"),
    "group.schools": ("各学校", "Schools"),
    "schools.name": ("学校", "School"),
    "group.pooled": (
        "平均分的估计：人数少的向全体平均收拢；横带是 95% 区间，"
        "整条都在全体平均的一侧才算明显高于或低于。"
        "少于五名学生有总分的不显示。",
        "What is believed of each mean: small ones are drawn towards the mean of all. The band is"
        " the 95% interval; only one wholly on one side is surely above or below. Of fewer than "
        "five"
        " students nothing is shown.",
    ),
    "group.differs": ("与全体相比", "Against all"),
    "group.seen": ("直接平均", "Plain mean"),
    "group.means": ("各维度与指标的平均分", "Means by dimension and indicator"),
    "group.means.help": (
        "有得分的学生的平均；横带是平均分的 95% 区间。",
        "The mean of those who have a score; the band is the mean's 95% interval.",
    ),
    "group.kind": ("类别", "Kind"),
    # Evaluation as a whole, and its schemes
    "evaluation.line": (
        "过程与结果并重，每个分数都能追到学习记录",
        "Process and outcome together; each score leads to its records",
    ),
    "evaluation.results": ("看谁的结果", "Whose result"),
    "evaluation.of": ("对象", "Of"),
    "evaluation.kind": ("类别", "Kind"),
    "evaluation.whole": ("全区", "The district"),
    "evaluation.district": ("区域", "District"),
    "evaluation.schools": ("学校", "School"),
    "evaluation.classes": ("班级", "Class"),
    "evaluation.students": ("学生", "Student"),
    "evaluation.nobody": (
        "名册里今天没有你可以查看的人。",
        "Today's roster has nobody whose result is yours to see.",
    ),
    "ahead.title": ("方案下的走势与预测", "Trajectory under the scheme"),
    "ahead.help": (
        "每四周一个得分，以及未来两个四周的预期。预期由同群体学生在本记录中的前后得分学得，"
        "区间按留出的得分量出，不假设形状。",
        "A score every four weeks, and what to expect in the two to come. That is learned from the"
        " earlier and later scores of the student's cohort in this record; bands are as wide as"
        " scores that were held out ask for.",
    ),
    "ahead.ask": ("查看走势与预测", "Show the trajectory and the forecast"),
    "ahead.choose": ("总分或维度", "Total or dimension"),
    "ahead.past": ("过去四个四周", "The last four times four weeks"),
    "ahead.next": ("未来的预期", "What to expect"),
    "ahead.days": ("日期", "Days"),
    "ahead.score": ("得分", "Score"),
    "ahead.interval": ("95% 区间", "95% interval"),
    "ahead.level": ("等第", "Level"),
    "ahead.complete": ("完整度", "Completeness"),
    "ahead.expected": ("预期", "Expected"),
    "ahead.band80": ("80% 区间", "80% band"),
    "ahead.band95": ("95% 区间", "95% band"),
    "ahead.reaches": ("达到各等第的可能", "Probability of a level or higher"),
    "ahead.axis": ("每四周一点，标最后一天", "a point every four weeks, at their last day"),
    "ahead.n": ("同群体 {n} 名学生", "n = {n} students of the cohort"),
    "ahead.said": (
        "未来四周预计 {score} 分，80% 的可能在 {low80}–{high80} 分之间，"
        "95% 在 {low95}–{high95} 分之间。",
        "In the next four weeks {score} points are to be expected: with 80% between {low80} and"
        " {high80}, with 95% between {low95} and {high95}.",
    ),
    "ahead.held": (
        "在留出的 {n} 个得分中，{share} 落在这样的 80% 区间内。",
        "Of {n} scores that were held out, {share} lay in such 80% bands.",
    ),
    "schemes.title": ("评价方案", "Schemes"),
    "schemes.n": ("{n} 个方案", "n = {n}"),
    "schemes.help": (
        "方案规定看哪些维度和指标、怎样由记录得分、各占多少权重。随系统提供三个；"
        "发布同名方案即取而代之，不需要重放。",
        "A scheme says which dimensions and indicators count, how records become scores, and what"
        " each weighs. Three are shipped; one that is published under the same name takes its "
        "place,"
        " without a replay.",
    ),
    "scheme.name": ("方案", "Scheme"),
    "scheme.origin": ("来源", "Origin"),
    "scheme.published": ("本库发布", "published here"),
    "scheme.own": ("{school}自有", "{school}'s own"),
    "scheme.shipped": ("随系统提供", "shipped"),
    "scheme.extends": ("扩展自", "Extends"),
    "scheme.dimensions": ("维度", "Dimensions"),
    "scheme.indicators": ("指标", "Indicators"),
    "scheme.faulty": ("有错，不能使用", "has faults, can't be applied"),
    "scheme.help": (
        "每个指标从记录中测得一个数，按下面的规则化为 0–100 分；权重在同一层合计 100%。"
        "证据少于“最少证据”时不给分。",
        "Each indicator measures a figure in the records, which becomes a score of 0 to 100 by its"
        " rule; weights of one level sum to 100%. With less evidence than the least, there is no"
        " score.",
    ),
    "scheme.measure": ("测什么", "Measures"),
    "scheme.score": ("怎样得分", "Score"),
    "scheme.minimum": ("最少证据", "Least evidence"),
    "scheme.levels": ("等第", "Levels"),
    "scheme.at_least": ("{score} 分及以上", "from {score}"),
    "scheme.versions": ("历次发布", "Versions"),
    "scheme.versions.n": ("{n} 次", "n = {n}"),
    "scheme.version": ("第 {version} 版", "version {version}"),
    "scheme.withdrawn": ("第 {version} 版：撤回", "version {version}: withdrawn"),
    "scheme.never": (
        "本库还没有发布过，用的是随系统提供的方案。",
        "Never published here: it is the shipped one.",
    ),
    "scheme.overrides": ("与所扩展的方案不同之处", "What it says otherwise"),
    "scheme.path": ("位置", "Where"),
    "scheme.parts": ("{title}（{parts}）", "{title} ({parts})"),
    "scheme.key.dimensions": ("维度", "dimensions"),
    "scheme.key.indicators": ("指标", "indicators"),
    "scheme.key.levels": ("等第", "levels"),
    "scheme.key.weight": ("权重（%）", "weight (%)"),
    "scheme.key.title": ("名称", "title"),
    "scheme.key.description": ("说明", "description"),
    "scheme.key.kind": ("过程或结果", "process or outcome"),
    "scheme.key.source": ("客观或主观", "objective or subjective"),
    "scheme.key.measure": ("测什么", "what it measures"),
    "scheme.key.normalisation": ("怎样得分", "how it scores"),
    "scheme.key.minimum": ("最少证据", "least evidence"),
    "scheme.key.at_least": ("最低分", "lowest score"),
    "scheme.change": ("改动", "Change"),
    "scheme.change.changed": ("修改", "changed"),
    "scheme.change.added": ("新增", "added"),
    "scheme.change.left_out": ("去掉", "left out"),
    "scheme.before": ("原来", "Before"),
    "scheme.after": ("现在", "Now"),
    "scheme.by": ("由谁改", "By"),
    "scheme.document": ("方案原文（YAML）", "The document (YAML)"),
    "scheme.extending": ("扩展自 {scheme}", "extends {scheme}"),
    "withdraw.title": ("撤回", "Withdraw"),
    "withdraw.help": (
        "撤回后不再用它评价；历次发布都留在记录里，有同名的随系统方案时恢复使用它。",
        "Nobody is judged by it any more; its versions stay in the record, and a shipped one of the"
        " same name holds again.",
    ),
    "withdraw.ask": ("撤回这个方案", "Withdraw this scheme"),
    "withdraw.surely": ("确认撤回，立即生效", "Yes, withdraw it at once"),
    "withdraw.extended": (
        "不能撤回：还有方案扩展它（{schemes}）。",
        "It can't be withdrawn: other schemes extend it ({schemes}).",
    ),
    "withdraw.done": ("已撤回。", "Withdrawn."),
    "scheme.none": ("没有这个方案", "There is no such scheme"),
    "scheme.place": ("第 {line} 行 第 {column} 列", "line {line}, column {column}"),
    "measure.over.facts": ("学习行为", "what was done"),
    "measure.over.ratings": ("他人或自己的评价", "ratings"),
    "measure.over.mastery": ("知识掌握", "mastery"),
    "measure.over.mistakes": ("错题订正", "mistakes"),
    "measure.over.documents": ("应用保存的文档", "documents"),
    "measure.count": ("次数", "count"),
    "measure.days": ("天数", "days"),
    "measure.lessons": ("课数", "lessons"),
    "measure.share": ("比例", "share"),
    "measure.mean": ("平均", "mean"),
    "measure.sum": ("合计", "sum"),
    "measure.figure.of": ("{of}的{figure}", "{figure} of {of}"),
    "measure.of.success": ("答对", "success"),
    "measure.of.on_time": ("按时", "on time"),
    "measure.of.completion": ("完成", "completion"),
    "measure.of.score": ("得分", "score"),
    "measure.of.progress": ("进度", "progress"),
    "measure.of.duration": ("用时", "time"),
    "measure.of.rating": ("评价", "rating"),
    "measure.each.day": ("每天", "a day"),
    "measure.each.lesson": ("每课", "a lesson"),
    "measure.each.item": ("每题", "an item"),
    "measure.at_most": ("{each}至多计 {n} 次", "{n} {each} at most"),
    "scheme.compare": ("与另一个方案比较", "Compare with another"),
    "scheme.draft": ("据此起草并试算", "Draft from it, and try it out"),
    "back_to_scheme": ("返回方案", "Back to the scheme"),
    # Two schemes
    "compare.title": ("比较两个方案", "Two schemes compared"),
    "compare.of": ("{one} 与 {other}", "{one} and {other}"),
    "compare.help": (
        "每个维度和指标在两个方案中的权重，以及测法、得分规则、最少证据的不同。",
        "What each dimension and indicator weighs in both, and where measures, scores or the least"
        " evidence differ.",
    ),
    "compare.difference": ("不同之处", "Difference"),
    "compare.only_one": ("只在前一个方案", "only in the first"),
    "compare.only_other": ("只在后一个方案", "only in the second"),
    "compare.weight": ("权重 {by}", "weight {by}"),
    "compare.changed": ("{before} → {after}", "{before} → {after}"),
    "compare.minimum": ("最少证据 {before} → {after}", "least evidence {before} → {after}"),
    "choice.other": ("比较对象", "With"),
    # Drafts
    "draft.title": ("起草评价方案", "Draft of a scheme"),
    "draft.of": ("起草：{scheme}", "Draft: {scheme}"),
    "draft.line": (
        "这里的改动只是草稿：可以先试算，看谁的等第会变，再发布。",
        "Nothing changes until it is published: try it out first, and see whose level would "
        "change.",
    ),
    "draft.weights": ("权重", "Weights"),
    "draft.weights.help": (
        "拖动滑块或填写数字，右边的原文随之改变。同一层合计必须是 100%。",
        "Move a slider or type a number, and the document changes with it. Weights of one level "
        "have"
        " to sum to 100%.",
    ),
    "draft.no_weights": (
        "原文还不能读成方案；先改正下面列出的错误。",
        "The document is no scheme yet; mend the faults below first.",
    ),
    "draft.indicators": ("{n} 个指标的权重", "Weights of {n} indicators"),
    "draft.sum": ("合计 {sum}%", "Sum: {sum}%"),
    "draft.sum.wrong": ("合计 {sum}%，应为 100%", "Sum: {sum}%, and should be 100%"),
    "draft.document.help": (
        "边写边检查，错误按行列出并给出建议。改“scheme:”后面的编号，就另存为一个新方案。",
        "Checked while you type: faults are told by line, with a suggestion. Another id behind"
        " “scheme:” makes it a scheme of its own.",
    ),
    "draft.range": ("{title}：权重滑块", "{title}: slider of the weight"),
    "draft.number": ("{title}：权重（%）", "{title}: weight (%)"),
    "draft.state": ("检查", "Check"),
    "draft.valid": (
        "✓ 没有错误，可以试算和发布。",
        "✓ No faults: try it out, or publish it.",
    ),
    "draft.faults.n": ("{n} 处错误", "{n} faults"),
    "draft.breaks": (
        "发布后，扩展它的方案“{scheme}”会出错：",
        "Published, it would break “{scheme}”, which extends it:",
    ),
    "draft.too_many": (
        "一个库最多发布 {most} 个区级方案。",
        "A store publishes at most {most} schemes of the district.",
    ),
    "draft.too_many.school": (
        "一所学校最多发布 {most} 个自己的方案。",
        "A school publishes at most {most} schemes of its own.",
    ),
    "draft.try": ("试算：谁的等第会变", "Try it out: whose level would change"),
    "draft.publish": ("发布", "Publish"),
    "draft.surely": ("确认发布，立即生效", "Yes, publish it: in force at once"),
    "draft.readonly": (
        "发布区级方案需要评价员或管理员的账号，并有 all 权限；校长可以发布本校方案。",
        "Publishing takes an evaluator's or operator's credential with the scope all; a school"
        " leader publishes the school's own.",
    ),
    "draft.published": ("已发布，第 {version} 版，立即生效。", "Published as version {version}."),
    "draft.unchanged": ("与已发布的相同，没有改变。", "The same as is published: nothing changed."),
    # What if
    "refused.days": (
        "起止日期不对：起在前，止在后，最多相隔 400 天",
        "the first day has to come first, at most 400 days apart",
    ),
    "refused.other_school": (
        "两个方案分属两所学校，没有人能同时按两个方案评价",
        "the two schemes are two schools' own: nobody is judged by both",
    ),
    "refused.no_action": ("没有这种行为", "there is no such action"),
    "refused.evidence_of_whom": (
        "网址里要写明是谁的，或者是哪一节课、哪个班、哪所学校的，只能是其中一个",
        "the address has to say of whom, or of which lesson, class or school: of one of these",
    ),
    "refused.no_publishing": (
        "发布和撤回方案需要评价员或管理员的账号，并有 all 权限",
        "publishing and withdrawing schemes is not open to you",
    ),
    "refused.scheme_extended": (
        "有别的方案扩展自它，这样做会使它们出错",
        "other schemes extend it, and this would break them",
    ),
    "refused.scheme_not_own": ("校长只能改本校自己的方案", "it is no scheme of your own school"),
    "refused.scheme_faulty": ("方案有错，请先改正", "the scheme has faults"),
    "refused.no_scheme": ("本库没有发布过这个方案", "the store has published no such scheme"),
    "what_if.days": (
        "不填就用本学期到今天（或到最近的课）",
        "Left empty: this term up to today, or up to the newest lesson",
    ),
    "what_if.title": ("假如用这份草稿", "With this draft"),
    "what_if.help": (
        "同样的记录、同样的日子，分别按现行方案和草稿计算。最多列出 500 名等第改变的学生，"
        "变化最大的在前。",
        "The same records and days under the scheme in force and under the draft. At most 500"
        " students who change level are listed, the most changed first.",
    ),
    "what_if.told": (
        "{students} 名学生中 {changed} 名等第改变；总分平均变化 {change}。",
        "{changed} of {students} students would be of another level; totals change by {change} on"
        " the average.",
    ),
    "what_if.moves": ("等第之间的变动", "From level to level"),
    "what_if.from": ("现行方案", "In force"),
    "what_if.to": ("草稿", "Draft"),
    "what_if.changes": ("等第改变的学生", "Who changes level"),
    "what_if.why": ("原因（计入总分的变化）", "Why (points in the total)"),
    "what_if.reason": ("{indicator} {before} → {after}", "{indicator} {before} → {after}"),
    "what_if.failed": ("算不出来：{why}", "It can't be worked out: {why}"),
    # What lies ahead of a class
    "warnings.title": ("预警：未来四周", "Early warnings: the next four weeks"),
    "warnings.help": (
        "模型预计未来四周成绩低于 60 分的可能性达到一半的学生，最可能的在前。"
        "下面写明这类预警以往说中了多少。",
        "Whom the model expects to get results under 60 in the next four weeks with a "
        "probability of"
        " a half or more, the likeliest first; below stands how often such warnings came true.",
    ),
    "warnings.empty": ("没有需要预警的学生。", "There is nobody to warn of."),
    "warnings.of": ("{subject}：{why}", "{subject}: {why}"),
    "class_homework.title": ("今天布置什么作业", "What homework to give today"),
    "class_homework.caption": (
        "给每名学生布置哪些知识点、多少题、多长时间，点击列名排序",
        "For each student which points, how many items, how long; column headings sort",
    ),
    "class_homework.points": ("知识点（层次 × 题数）", "Points (layer × items)"),
    "class_homework.point": ("{point}（{layer} × {items}）", "{point} ({layer} × {items})"),
}
