from hypothesis import given, settings
from hypothesis import strategies as st

from vintagestory_api.server_mods.rings import rings

KEYS = "abcdef"


def reachable(edges: dict[str, list[str]], start: str) -> set[str]:
    found: set[str] = set()
    waiting = list(edges[start])
    while waiting:
        key = waiting.pop()
        if key in edges and key not in found:
            found.add(key)
            waiting += edges[key]
    return found


def test_rings_are_told_from_their_least_key_on() -> None:
    edges = {"c": ["a"], "a": ["b"], "b": ["c", "d"], "d": ["x"], "e": ["e"]}
    assert rings(edges) == [["a", "b", "c"], ["e"]]
    assert rings({"a": ["b"], "b": []}) == []


def test_a_long_chain_is_no_obstacle() -> None:
    chain = {f"{number:05}": [f"{number + 1:05}"] for number in range(20_000)}
    assert rings(chain) == []


@given(st.dictionaries(st.sampled_from(KEYS), st.lists(st.sampled_from(KEYS + "x"), max_size=3)))
@settings(max_examples=200, deadline=None)
def test_a_ring_is_what_leads_back_to_itself(edges: dict[str, list[str]]) -> None:
    leads_to = {key: reachable(edges, key) for key in edges}
    expected = {frozenset(other for other in leads_to[key] if key in leads_to[other]) for key in edges if key in leads_to[key]}
    found = rings(edges)
    assert {frozenset(ring) for ring in found} == expected
    assert len(found) == len(expected)
