"""The words of the pages for operators and vendors, in Chinese and in English, side by side."""

from typing import Final

# By key: Chinese, English, as `words.WORDS`.
OPERATING_WORDS: Final[dict[str, tuple[str, str]]] = {
    "manage": ("管理", "Manage"),
    # Changing something
    "change.refused": ("没有执行：{why}", "Not done: {why}"),
    "change.failed": (
        "没有完成，原因已记入服务器日志。请稍后再试。",
        "It failed; why is in the server's log. Please try again later.",
    ),
    "change.keep": ("取消", "Cancel"),
    # Generations
    "generations.title": ("数据版本与重放", "Generations and replay"),
    "generations.list": ("数据版本", "Generations"),
    "generations.help": (
        "每个数据版本都是由全部学习记录算出来的一套完整结果。页面只显示“在用”的那一套。重放在旁边另算一套，"
        "比较无误后再启用，期间在用的一套照常更新。",
        "A generation is one complete set of results, worked out from the whole record. Pages show"
        " the live one. A replay builds another beside it, to be compared and then promoted;"
        " meanwhile the live one goes on.",
    ),
    "generations.live": ("在用", "live"),
    "generations.complete": ("已完成", "complete"),
    "generations.running": ("正在重放", "being built"),
    "generations.stopped": ("已停止", "stopped"),
    "generations.failed": ("失败", "failed"),
    "generations.building": ("未完成", "not complete"),
    "generations.what_if": ("假设推演，不能启用", "what-if: can't be promoted"),
    "generations.outdated": (
        "由旧版程序建成，需要先迁移：{why}",
        "Made by an older program, to be migrated first: {why}",
    ),
    "generations.made": ("建于", "Made"),
    "generations.position": ("已读到第几条记录", "Read up to record"),
    "generations.rows": ("数据行数", "Rows"),
    "generations.until": ("范围", "Range"),
    "generations.until.all": ("全部记录", "the whole record"),
    "generations.until.until_stored": ("{value} 前存入的", "stored until {value}"),
    "generations.until.until_time": ("{value} 前发生的", "happened until {value}"),
    "generations.until.from_position": ("从第 {value} 条起", "from record {value}"),
    "generations.until.store": ("仅 {value}", "only of {value}"),
    "generations.compare": ("与在用的比较", "Compare with the live one"),
    "generations.promote": ("启用", "Promote"),
    "generations.promote.sure": (
        "启用“{name}”？所有页面会立即改用它，原来的一套仍会保留。",
        "Promote “{name}”? All pages use it at once; the one before is kept.",
    ),
    "generations.promoted": ("“{name}”已启用。", "“{name}” is live now."),
    "generations.drop": ("删除", "Drop"),
    "generations.drop.sure": (
        "删除“{name}”的全部数据行？学习记录本身不受影响，可以再次重放得到。",
        "Drop all rows of “{name}”? The record itself stays: a replay builds them again.",
    ),
    "generations.dropped": ("“{name}”已删除。", "“{name}” is dropped."),
    "back_to_generations": ("返回数据版本", "Back to the generations"),
    # Replays
    "replay.title": ("开始重放", "Start a replay"),
    "replay.help": (
        "把学习记录从头再算一遍，得到一个新的数据版本。可以只算到某个时间，或只算一个库，用来回答“当时看到的"
        "会是什么”。",
        "Works the record out anew, into a generation of its own: all of it, or up to a time, or of"
        " one store, to see what would have been known then.",
    ),
    "replay.name": ("新版本的名称", "Name of the generation"),
    "replay.name.rule": (
        "以小写字母开头，只用小写字母、数字和下划线，最多 40 个字符",
        "a small letter, then small letters, digits and _, at most 40",
    ),
    "replay.until_stored": ("只算此前存入的记录", "Only what was stored until"),
    "replay.until_time": ("只算此前发生的活动", "Only what happened until"),
    "replay.store": ("只算一个库", "Only one store"),
    "replay.optional": ("可不填", "may stay empty"),
    "replay.start": ("开始重放", "Start"),
    "replay.started": ("“{name}”已开始重放。", "The replay “{name}” has begun."),
    "replay.stop": ("停止", "Stop"),
    "replay.stopping": ("“{name}”已停止，可以接着做完。", "“{name}” is stopped; it can go on."),
    "replay.go_on": ("继续", "Go on"),
    "replay.progress": (
        "{phase}：{done} / {total}（每秒 {rate} 条{left}）",
        "{phase}: {done} of {total} ({rate} a second{left})",
    ),
    "replay.left": ("，约剩 {length}", ", about {length} left"),
    "replay.preparing": ("正在准备……", "Preparing…"),
    "replay.bar": ("“{name}”的重放进度", "Progress of “{name}”"),
    "replay.phase.reading": ("读取记录", "Reading"),
    "replay.phase.folding": ("计算结果", "Folding"),
    "replay.phase.following": ("补上新到的记录", "Catching up"),
    "replay.elsewhere": ("正在另一个进程中重放", "A replay in another process builds it"),
    # Comparing
    "comparison.title": ("{one} 与 {other} 的差别", "How {one} and {other} differ"),
    "comparison.comparing": (
        "正在比较，数据多时需要一些时间……",
        "Comparing; much data takes a while…",
    ),
    "comparison.equal": ("两个版本完全相同。", "The two are alike in every row."),
    "comparison.with": ("另一个版本", "The other one"),
    "comparison.tables": ("按数据表", "Table by table"),
    "comparison.tables.help": (
        "记录的先后位置不参与比较：只比较结果本身。",
        "Positions in the log are left out: what is known is compared, not when it came.",
    ),
    "comparison.table": ("数据表", "Table"),
    "comparison.only_one": ("只在 {name}", "Only in {name}"),
    "comparison.only_other": ("只在 {name}", "Only in {name}"),
    "comparison.differs": ("内容不同", "Not alike"),
    "comparison.subjects": ("按人与活动", "Person by person"),
    "comparison.subjects.n": ("本页 {n} 个", "{n} on this page"),
    "comparison.row.only_one": ("只在 {name}", "only in {name}"),
    "comparison.row.only_other": ("只在 {name}", "only in {name}"),
    "comparison.row.differs": ("内容不同", "not alike"),
    "comparison.more": ("后面的", "Next ones"),
}
