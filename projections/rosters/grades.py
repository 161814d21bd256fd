"""Grades and stages: what a roster calls them, in codes, whichever of the usual ways it does."""

import re
from functools import cache
from typing import Final

# CEDS grade level codes before grade 1, as OneRoster's `grades` has them, with what schools write.
_KINDERGARTEN: Final = {"IT": "IT", "PR": "PR", "PK": "PK", "TK": "TK", "KG": "KG", "K": "KG"}
_KINDERGARTEN_CLASSES: Final = {"托班": "PR", "小班": "PK", "中班": "TK", "大班": "KG"}
_DIGITS: Final = {digit: value for value, digit in enumerate("一二三四五六七八九", start=1)}
_NUMBER: Final = re.compile(r"(?:GRADE|G)?\s*0?(\d{1,2})\s*(?:年级|級|级)?")
_CHINESE: Final = re.compile(
    r"(?P<school>小学|初中|高中)?(?P<number>[一二三四五六七八九十]{1,3})年[级級]"
)
_SHORT: Final = re.compile(r"(?P<school>[小初高])(?P<number>[一二三四五六])")
_BEFORE: Final = {"": 0, "小学": 0, "小": 0, "初中": 6, "初": 6, "高中": 9, "高": 9}
_YEARS: Final = {"": 12, "小学": 6, "小": 6, "初中": 3, "初": 3, "高中": 3, "高": 3}


@cache
def grade_code(text: str) -> str:
    """Give the CEDS code of a grade: ``KG`` and the like, ``01`` to ``12``; '' where it isn't one.

    Understood are the codes, plain numbers, and Chinese names: 一年级 to 十二年级, 初一 to 初三,
    高一 to 高三, with 小学, 初中 or 高中 before them, and the classes of a kindergarten.
    """
    plain = text.strip().upper()
    if plain in _KINDERGARTEN:
        return _KINDERGARTEN[plain]
    if plain in _KINDERGARTEN_CLASSES:
        return _KINDERGARTEN_CLASSES[plain]
    if found := _NUMBER.fullmatch(plain):
        number = int(found[1])
        return f"{number:02}" if 1 <= number <= 12 else ""
    if found := _CHINESE.fullmatch(plain) or _SHORT.fullmatch(plain):
        school, number = found["school"] or "", _value(found["number"])
        if 1 <= number <= _YEARS[school]:
            return f"{_BEFORE[school] + number:02}"
        if school and _BEFORE[school] < number <= _BEFORE[school] + _YEARS[school]:
            return f"{number:02}"  # 初中七年级
    return ""


def stage_of(grade: str) -> str:
    """Give the stage of a grade's code: kindergarten, primary, junior, senior; '' if unknown."""
    if not grade.isdigit():
        return "kindergarten" if grade else ""
    number = int(grade)
    return "primary" if number <= 6 else "junior" if number <= 9 else "senior"


def _value(digits: str) -> int:
    """Read a Chinese number up to 19; 0 where it isn't one."""
    tens, ten, ones = digits.rpartition("十")
    if not ten:
        return _DIGITS.get(digits, 0)
    if tens or (ones and ones not in _DIGITS):
        return 0
    return 10 + _DIGITS.get(ones, 0)
