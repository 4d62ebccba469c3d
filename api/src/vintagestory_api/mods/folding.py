"""How texts of the catalogue are compared: without accents, without letter case, without what can't be seen."""

import unicodedata

#: Longest query that is looked at, and the most words of it. What comes after could only narrow a search that is narrow already.
MAX_QUERY_CHARACTERS = 400
MAX_QUERY_WORDS = 16

# Marks (accents), control and format characters, surrogates (SQLite can't store them).
_DROPPED = frozenset({"Mn", "Me", "Cf", "Cs"})


def fold(text: str) -> str:
    """`text` as it is searched and sorted: accents stripped, letter case gone, blanks as single spaces."""
    if text.isascii():
        folded = text.lower()
    else:
        folded = "".join(
            character
            for character in unicodedata.normalize("NFKD", text.casefold()).casefold()
            if unicodedata.category(character) not in _DROPPED
        )
    if not folded.isprintable():
        folded = "".join(character if character.isprintable() else " " for character in folded)
    return " ".join(folded.split())


def clean(text: str, limit: int) -> str:
    """`text` without control characters, surrogates and blanks at the ends, cut to `limit` characters."""
    text = text[: limit * 2]
    if not text.isprintable():
        text = "".join(character if character.isprintable() or _is_shown(character) else " " for character in text)
    return text.strip()[:limit].rstrip()


def query_words(query: str) -> list[str]:
    """The folded words of a query, each once."""
    return list(dict.fromkeys(fold(query[:MAX_QUERY_CHARACTERS]).split()))[:MAX_QUERY_WORDS]


def _is_shown(character: str) -> bool:
    # Joiners and direction marks are part of emoji and of right-to-left names.
    return unicodedata.category(character) in {"Cf", "Co"}
