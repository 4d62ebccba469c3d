"""The text of a configuration file without its secrets, and the secrets put back into a text that was edited without them."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from vintagestory_api.kit.relaxed_json import NotRelaxedJson, parse_relaxed
from vintagestory_api.server_config.catalogue import SECRET_NAME, is_secret
from vintagestory_api.servers.configuration_file import get_setting, set_setting

MASK: Final = "••••••••"
#: Every character belongs to one piece, so that the time grows with the length and no faster.
_PIECE = re.compile(
    r"""(?P<blank>\s+|//[^\n]*|/\*.*?(?:\*/|\Z))|"(?:[^"\\]|\\.)*(?:"|\Z)|'(?:[^'\\]|\\.)*(?:'|\Z)|[^\s{}\[\],:"'/]+|.""",
    re.DOTALL,
)
_PLAIN = frozenset({"null", "true", "false", '""', "''"})
_LAST_WORD = re.compile(r"""([^\s"']+)["']?\s*:$""")
_TEXT_AT_START = re.compile(r"""\s*("(?:[^"\\]|\\.)*")""")
_IN_BROKEN = re.compile(rf"""((?:{SECRET_NAME.pattern})[^:\n]{{0,40}}:)(\s*.*)""", re.IGNORECASE)


def masked(text: str, mark: Callable[[Any], str] = lambda _secret: MASK) -> str:
    """Where the text is no JSON, whatever stands behind the name of a secret, to the end of its line, is hidden. `mark`: what
    stands in place of a secret; it begins with `MASK`."""
    values = _parsed(text)
    if not isinstance(values, dict):
        # Text in UTF-16, which the game can't read either, is shown as UTF-8 with a zero between all characters.
        return _IN_BROKEN.sub(_hide_rest, text.replace("\0", ""))
    hidden = _with_values(text, lambda _name, value: value if value in _PLAIN else _quoted(mark(_parsed(value))))
    found = _parsed(hidden)
    if isinstance(found, dict) and all(is_marked(value) for _, value in _secrets(found, ())):
        return hidden
    # Written in a way that nobody thought of: rather lose the form than show a secret.
    return json.dumps(without_secret_values(values, mark), indent=2, ensure_ascii=False)


def unmasked(text: str, before: Mapping[str, Any]) -> str:
    """With the secrets of `before` where `text` has the mask. Raises `NotRelaxedJson`."""
    values = parse_relaxed(text.encode())
    if not isinstance(values, dict):
        return text
    hidden = [path for path, value in _secrets(values, ()) if is_marked(value)]
    if not hidden:
        return text
    wanted = [get_setting(dict(before), path) for path in hidden]
    left = iter(wanted)

    def restored(_name: str, value: str) -> str:
        return _quoted(next(left, None)) if is_marked(_parsed(value)) else value

    shown = _with_values(text, restored)
    found = _parsed(shown)
    if isinstance(found, dict) and [get_setting(found, path) for path in hidden] == wanted:
        return shown
    for path, value in zip(hidden, wanted, strict=True):
        set_setting(values, path, value)
    return json.dumps(values, indent=2, ensure_ascii=False)


def is_marked(value: Any) -> bool:
    """Whether it stands in place of a secret."""
    return isinstance(value, str) and value.startswith(MASK)


def without_secret_values(values: Mapping[str, Any], mark: Callable[[Any], str]) -> dict[str, Any]:
    """A copy with marks in place of the secrets."""
    copy: dict[str, Any] = {}
    for name, value in values.items():
        if isinstance(value, dict) and value:
            copy[name] = without_secret_values(value, mark)
        else:
            copy[name] = mark(value) if _is_secret_value(name, value) else value
    return copy


def secrets_in_broken(text: str) -> dict[str, Any]:
    """Name → secret, of a text that is no JSON, as far as that can be told."""
    found = {}
    for match in _IN_BROKEN.finditer(text):
        name = _LAST_WORD.search(match[1])
        value = _TEXT_AT_START.match(match[2])
        if name is not None and value is not None:
            found[name[1]] = _parsed(value[1])
    return found


def _with_values(text: str, replace: Callable[[str, str], str]) -> str:
    """The text with other values for its secrets: `replace` gets the name and the value as they are written."""
    written: list[str] = []
    name, has_colon = "", False
    for found in _PIECE.finditer(text):
        piece = found[0]
        if found["blank"] is None:
            if piece == ":":
                has_colon = True
            else:
                if has_colon and piece not in "{}[]," and is_secret((name.strip("\"'"),)):
                    piece = replace(name, piece)
                name, has_colon = found[0], False
        written.append(piece)
    return "".join(written)


def _hide_rest(found: re.Match[str]) -> str:
    rest = found[2].strip()
    comma = "," if rest.endswith(",") else ""
    return found[0] if rest.rstrip(",").strip() in _PLAIN or not rest else f'{found[1]} "{MASK}"{comma}'


def _parsed(text: str) -> Any:
    try:
        return parse_relaxed(text.encode("utf-8", "replace"))
    except NotRelaxedJson:
        return None


def _secrets(part: Any, above: tuple[str, ...]) -> list[tuple[tuple[str, ...], Any]]:
    """Every secret of an object, in the order of the text, with its path; null and the like are none. Lists are not looked
    into: the game has no secrets there."""
    found = []
    for name, value in part.items() if isinstance(part, dict) else ():
        path = (*above, str(name))
        if isinstance(value, dict) and value:
            found += _secrets(value, path)
        elif _is_secret_value(name, value):
            found.append((path, value))
    return found


def _is_secret_value(name: Any, value: Any) -> bool:
    return is_secret((str(name),)) and value is not None and value != "" and not isinstance(value, bool | list | dict)


def _quoted(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False)
