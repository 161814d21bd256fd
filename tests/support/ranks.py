"""Rank correlation, by which what is found is compared with what is true."""

from statistics import correlation


def spearman(one: list[float], other: list[float]) -> float:
    """Give the rank correlation (C. Spearman 1904); values that are equal share their rank."""
    return correlation(_ranks(one), _ranks(other))


def _ranks(values: list[float]) -> list[float]:
    places: dict[float, list[int]] = {}
    for place, value in enumerate(sorted(values)):
        places.setdefault(value, []).append(place)
    mean = {value: sum(each) / len(each) for value, each in places.items()}
    return [mean[value] for value in values]
