"""What the statements of the data sets have in common: their IRIs and their activities."""

from pathlib import Path
from typing import Any
from urllib.parse import quote
from uuid import UUID

from projections.vocabulary import PROFILE_ACTIVITY_TYPE, PROFILE_VERSION

# For statement ids made of a data set and a row.
NAMESPACE = UUID("8f1d5a52-3c59-5d0b-b4a7-6a3f0f6b1c2e")
PROFILE_CATEGORY = {
    "id": PROFILE_VERSION,
    "definition": {"type": PROFILE_ACTIVITY_TYPE},
}


def dataset_iri(path: Path) -> str:
    """Name a data set by its file, so that learner 1 of one file is not learner 1 of another."""
    return f"https://xueji.dev/xapi/datasets/{quote(path.name.split('.')[0], safe='')}"


def activity(
    dataset: str, kind: str, code: str, activity_type: str, zh: str, en: str
) -> dict[str, Any]:
    """Make an activity of a data set, such as item 17 of ``items``, with its name in zh and en."""
    return {
        "id": f"{dataset}/{kind}/{quote(code, safe='')}",
        "definition": {"type": activity_type, "name": {"zh-CN": zh, "en": en}},
    }
