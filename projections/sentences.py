"""A sentence that people read, in Chinese and in English."""

import msgspec


class Sentence(msgspec.Struct, frozen=True):
    """What is said, in both languages."""

    zh: str
    en: str
