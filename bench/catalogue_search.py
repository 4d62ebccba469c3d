"""Searching the catalogue over HTTP with a token, one question at a time, against the bare application.

Each kind of question is asked in two ways: the same few addresses over and over, as people do who look at the same pages, and
hundreds of different ones in turn, more than the manager remembers answers to. The slower way counts.
"""

import contextlib
import random
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product, zip_longest
from typing import Any
from urllib.parse import urlencode

from figures import Figure, Measured
from load import Target, compare, measure_load
from processes import Api, bare_app, manager, stocked

_PATH = "/api/v1/catalog/mods"
#: A word of three letters or more with fewer hits than this counts as light.
_FEW_HITS = 300
LIGHT_LIMIT, HEAVY_LIMIT = 8.0, 35.0
_SORTS = ("downloads", "last_released", "name")
_MAX_LIMIT = 100
_DEEP_PAGES = 10
_MINORS = 3
#: So many different addresses of one kind are asked in turn, where there are as many.
_VARIETY = 300
_ENOUGH = 120
_REPEATED = 3
_LETTERS = "abcdefghijklmnopqrstuvwxyz0123456789"


@dataclass(frozen=True)
class _Question:
    """A kind of question: the parameters of many addresses."""

    name: str
    asked: Sequence[Mapping[str, str]]
    is_light: bool

    @property
    def different(self) -> list[str]:
        """Every address; where there are few, with other sizes of the page, around the usual one of 30."""
        limits = [""] if len(self.asked) >= _ENOUGH else [str(limit) for limit in range(15, 46)]
        addresses = [_address({**parameters, "limit": limit}) for parameters in self.asked for limit in limits]
        random.Random(1).shuffle(addresses)
        return addresses

    @property
    def same(self) -> list[str]:
        return [_address(parameters) for parameters in self.asked[:_REPEATED]]


def measure(*, quick: bool) -> Measured:
    seconds, rounds = (0.01, 1) if quick else (0.3, 7)
    details: dict[str, Any] = {"light": {}, "heavy": {}}
    refused = 0
    with (
        stocked(200 if quick else 5000) as stock,
        bare_app() as bare,
        manager(stock.data_dir, stock.upstream.url) as served,
    ):
        details["mods"] = stock.upstream.mods
        headers = {"Authorization": f"Bearer {stock.token}"}
        questions = list(_questions(Api(served.port, stock.token), tried_words=60 if quick else 900))
        for question in questions[::7] if quick else questions:
            targets = {
                "bare": Target(bare.port, ["/healthz"]),
                "different": Target(served.port, question.different, headers),
                "same": Target(served.port, question.same, headers),
            }
            found = measure_load(targets, connections=1, seconds=seconds, rounds=rounds)
            compared = {name: compare(found, name) for name in targets}
            told = {"addresses": len(question.different), **compared}
            details["light" if question.is_light else "heavy"][question.name] = told
            refused += sum(one["refused"] for one in compared.values())
    figures = []
    for kind, limit in (("light", LIGHT_LIMIT), ("heavy", HEAVY_LIMIT)):
        ratios = {name: max(told["different"]["p50_ratio"], told["same"]["p50_ratio"]) for name, told in details[kind].items()}
        slowest = max(ratios, key=lambda name: ratios[name])
        details[f"slowest_{kind}"] = slowest
        figures.append(Figure(f"catalogue_{kind}_p50_ratio", ratios[slowest], limit, "times bare"))
    figures.append(Figure("catalogue_refused", refused, 0, "requests"))
    return Measured(figures, details)


def _questions(api: Api, *, tried_words: int) -> Iterator[_Question]:
    """Light and heavy ones in turn."""
    items = list(_all_items(api))
    hits = _hits_of_words(api, items, tried_words)
    light, heavy = list(_light(api, items, hits)), list(_heavy(api, hits))
    for pair in zip_longest(light, heavy):
        yield from filter(None, pair)


def _light(api: Api, items: Sequence[Mapping[str, Any]], hits: Mapping[str, int]) -> Iterator[_Question]:
    """The first page, filters, words of three letters or more with few hits."""
    tags = [str(tag["name"]) for tag in api.get("/api/v1/catalog/tags")["items"] if tag["mods"]]
    authors = [str(author) for author, _ in Counter(item["author"] for item in items).most_common(_VARIETY)]
    minors = _minors(api)
    sides, kinds = ("both", "server", "client"), ("mod", "externaltool", "other")
    few = [word for word, count in hits.items() if count < _FEW_HITS]
    most = sorted(few, key=lambda word: -hits[word])[:_VARIETY]

    def question(name: str, *asked: Mapping[str, str]) -> _Question:
        return _Question(name, asked, is_light=True)

    yield question("first_page", *({"sort": sort} for sort in _SORTS))
    yield question("side", *({"side": side, "sort": sort} for sort in _SORTS for side in sides))
    yield question("type", *({"type": kind, "sort": sort} for sort in _SORTS for kind in kinds))
    yield question("tag", *({"tag": tag, "sort": sort} for sort in _SORTS for tag in tags))
    yield question("author", *({"author": author} for author in authors))
    yield question("game_version", *({"game_version": minor, "sort": sort} for sort in _SORTS for minor in minors))
    several = [
        {"side": side, "type": "mod", "tag": tag, "game_version": minor, "sort": sort}
        for tag, minor, side, sort in product(tags, minors, sides, _SORTS)
    ]
    yield question("several_filters", *random.Random(1).sample(several, min(_VARIETY, len(several))))
    yield question("words_with_few_hits", *({"q": word} for word in random.Random(1).sample(few, min(_VARIETY, len(few)))))
    # The limit is for each word, so those with the most hits are looked at on their own, too.
    yield question("words_with_most_of_few_hits", *({"q": word} for word in most))
    yield question("words_filtered", *({"q": word, "side": "both", "game_version": minors[0]} for word in most))


def _heavy(api: Api, hits: Mapping[str, int]) -> Iterator[_Question]:
    """Anything else."""
    common = [word for word, count in hits.items() if count >= _FEW_HITS][:_VARIETY]

    def question(name: str, *asked: Mapping[str, str]) -> _Question:
        return _Question(name, asked, is_light=False)

    yield question("one_letter", *({"q": letter} for letter in _LETTERS))
    pairs = [first + second for first, second in product(_LETTERS, _LETTERS)]
    yield question("two_letters", *({"q": pair} for pair in random.Random(1).sample(pairs, _VARIETY)))
    if common:
        yield question("common_words", *({"q": word} for word in common))
        yield question("common_words_filtered", *({"q": word, "side": "both"} for word in common))
        yield question("common_word_and_letter", *({"q": f"{word} a"} for word in common))
        yield question("deep_pages_of_common_words", *(page for word in common[:20] for page in _deep(api, {"q": word})))
    yield question("deep_pages", *(page for sort in _SORTS for page in _deep(api, {"sort": sort})))
    yield question("deep_pages_of_letters", *(page for letter in "aeiost" for page in _deep(api, {"q": letter})))


def _address(parameters: Mapping[str, str]) -> str:
    given = {name: value for name, value in parameters.items() if value}
    return f"{_PATH}?{urlencode(given)}" if given else _PATH


def _pages(api: Api, parameters: Mapping[str, str]) -> Iterator[tuple[str, dict[str, Any]]]:
    """All pages of a list, each with its cursor."""
    cursor: str | None = ""
    while cursor is not None:
        page = api.get(_address({**parameters, "limit": str(_MAX_LIMIT), "cursor": cursor}))
        yield cursor, page
        cursor = page["next_cursor"]


def _all_items(api: Api) -> Iterator[dict[str, Any]]:
    for _cursor, page in _pages(api, {}):
        yield from page["items"]


def _deep(api: Api, parameters: Mapping[str, str]) -> list[dict[str, str]]:
    """The last pages of a list."""
    return [{**parameters, "cursor": cursor} for cursor, _page in list(_pages(api, parameters))[-_DEEP_PAGES:]]


def _minors(api: Api) -> list[str]:
    """The newest lines of game versions that some mod fits. Asking has their lists fetched, which is not what is measured."""
    found: list[str] = []
    for minor in dict.fromkeys(str(version["minor"]) for version in api.get("/api/v1/game-versions")["items"]):
        with contextlib.suppress(RuntimeError):  # the mod database may not know it
            if api.get(_address({"game_version": minor}))["total"]:
                found.append(minor)
        if len(found) == _MINORS:
            break
    return found


def _hits_of_words(api: Api, items: Sequence[Mapping[str, Any]], tried: int) -> dict[str, int]:
    """Words of mods' names and summaries, and pieces of them, with their hits, commonest first; none without hits."""
    counted: Counter[str] = Counter()
    for item in items:
        words = set(re.findall(r"[a-z]{3,}", f"{item['name']} {item['summary']}".lower()))
        counted.update(words | {word[:3] for word in words})
    hits = {word: int(api.get(_address({"q": word, "limit": "1"}))["total"]) for word, _ in counted.most_common(tried)}
    return {word: count for word, count in sorted(hits.items(), key=lambda entry: -entry[1]) if count}
