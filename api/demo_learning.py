"""The demo's models learn from what it posted, so that it foretells as a real record would."""

from rich.console import Console

from api.generations import ReplayRequest
from api.operating import OperatingError, Operator, operator
from api.settings import Settings


def learn(settings: Settings, store: str, console: Console) -> None:
    """Calibrate from a store's record by the running server, and make rows by that the live ones.

    Where there is too little to learn from, or the server can't, that is said and nothing changes.
    """
    try:
        with operator(settings) as told:
            said = _learned(told, store)
    except OperatingError as error:
        said = f"没有学习模型 The models stay at their priors: {error}"
    console.print(said, highlight=False, markup=False, soft_wrap=True)


def _learned(told: Operator, store: str) -> str:
    """Learn, build a generation under what was learned, and promote it; says what came of it."""
    answer = told.calibrate(store, None, dry_run=False, force=False)
    if not answer["published"]:
        why = answer.get("message") or {"zh": "没有变化", "en": "nothing is new"}
        return f"模型未变 The models stay as they are: {why['zh']} {why['en']}"
    name = f"learned_{answer['position']}"
    told.replay(ReplayRequest.model_validate({"name": name}), lambda _: None)
    told.promote(name)
    growth = answer["card"]["growth"]
    why = "" if growth["learned"] else f"; 没有成长预测 no forecasts: {growth['why']}"
    return (
        f"模型已从演示数据学得 The models have learned from {answer['card']['data']['responses']:,}"
        f" responses: {answer['version']}{why}"
    )
