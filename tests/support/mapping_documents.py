"""A mapping document for tests: what clicking means to a store."""

CLICKED = "https://clicker.example/clicked"


def clicker(action: str = "answer", name: str = "clicker", verb: str = CLICKED) -> str:
    """A mapping that reads one verb as one action."""
    return f"""# 抢答器
mapping: {name}
title: {{en: Clicker, zh-CN: 抢答器}}
document: https://clicker.example
rules:
  - name: clicked
    verbs: ["{verb}"]
    facts: [{{of: actor, action: {action}, phase: in}}]
"""
