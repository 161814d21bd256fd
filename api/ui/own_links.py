"""Whose pages a visitor may open, told of everybody in an answer: what is refused is no link."""

from typing import Any

from api.roles import Own


def told_whose(answer: Any, own: Own | None) -> Any:
    """Say of each learner, teacher and class in a lesson's report whether it ``is_open``.

    Learners have a class, teachers what they did (``actions``); all are open where ``own`` is None.
    """
    if own is None:
        return answer
    if isinstance(answer, list):
        return [told_whose(one, own) for one in answer]
    if not isinstance(answer, dict):
        return answer
    told = {name: told_whose(value, own) for name, value in answer.items()}
    if "person" in told:
        whose = own.students if "class_group" in told else own.teachers
        told["is_open"] = told["person"] in whose
    elif "took_part" in told:
        told["is_open"] = told["class_group"] in own.classes
    return told
