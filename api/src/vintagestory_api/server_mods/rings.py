"""Mods that need each other all around."""

from collections.abc import Iterable, Mapping


def rings(edges: Mapping[str, Iterable[str]]) -> list[list[str]]:
    """The groups of keys that all lead to each other, and keys that lead to themselves, each from its least key on.

    Edges to keys that are none are not followed. Tarjan's way, without recursion: a chain of mods may be long.
    """
    number: dict[str, int] = {}
    low: dict[str, int] = {}
    path: list[str] = []
    found: list[list[str]] = []
    following = {key: sorted({other for other in others if other in edges}) for key, others in edges.items()}
    for start in sorted(edges):
        work = [] if start in number else [(start, iter(following[start]))]
        while work:
            key, others = work[-1]
            if key not in number:
                number[key] = low[key] = len(number)
                path.append(key)
            fresh = None
            for other in others:
                if other not in number:
                    fresh = other
                    break
                if low[other] >= 0:
                    low[key] = min(low[key], number[other])
            if fresh is not None:
                work.append((fresh, iter(following[fresh])))
                continue
            work.pop()
            if low[key] == number[key]:
                place = path.index(key)
                ring = path[place:]
                del path[place:]
                if len(ring) > 1 or key in following[key]:
                    found.append(_in_order(ring, following))
                for other in ring:
                    low[other] = _LEFT
            if work and low[key] >= 0:
                low[work[-1][0]] = min(low[work[-1][0]], low[key])
    return sorted(found)


#: Of a key that belongs to a group that is whole.
_LEFT = -1


def _in_order(ring: list[str], following: Mapping[str, list[str]]) -> list[str]:
    """From the least key along what it needs, as far as that goes; the rest after it."""
    left = set(ring) - {min(ring)}
    order = [min(ring)]
    while further := [key for key in following[order[-1]] if key in left]:
        order.append(further[0])
        left.discard(further[0])
    return order + sorted(left)
