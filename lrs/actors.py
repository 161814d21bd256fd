"""One text name for an actor, the same wherever the record or a projection has to name one."""

from collections.abc import Mapping
from typing import Any


def actor_key(actor: Mapping[str, Any]) -> str | None:
    """Name an Agent or identified Group by its Inverse Functional Identifier.

    Returns ``mbox:<mailto IRI>``, ``mbox_sha1sum:<hex>``, ``openid:<URI>`` or
    ``account:<homePage>|<name>`` (an IRI can't hold ``|``, so the name is unambiguous),
    and ``None`` for an anonymous Group. xAPI 1.0.3 part 2, 2.4.2.3.
    """
    if (mbox := actor.get("mbox")) is not None:
        return f"mbox:{mbox}"
    if (account := actor.get("account")) is not None:
        return f"account:{account['homePage']}|{account['name']}"
    if (openid := actor.get("openid")) is not None:
        return f"openid:{openid}"
    if (sha1sum := actor.get("mbox_sha1sum")) is not None:
        return f"mbox_sha1sum:{str(sha1sum).lower()}"
    return None


def is_actor_key(text: str) -> bool:
    """Tell whether a text names an actor as `actor_key` does."""
    kind, _, rest = text.partition(":")
    return bool(rest) and kind in ("mbox", "account", "openid", "mbox_sha1sum")
