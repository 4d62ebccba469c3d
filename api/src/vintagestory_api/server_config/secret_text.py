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
_IN_BROKEN = re.compile(rf"""((?:{SECRET_NAME.pattern})[^:\n]{{0,40}}:)(.*)""", re.IGNORECASE)


def masked(text: str) -> str:
    """Where the text is no JSON, whatever stands in one line behind the name of a secret is hidden."""
    values = _parsed(text)
    if not isinstance(values, dict):
        return _IN_BROKEN.sub(_hide_rest, text)
    hidden = _with_values(text, lambda _name, value: value if value in _PLAIN else json.dumps(MASK, ensure_ascii=False))
    found = _parsed(hidden)
    if isinstance(found, dict) and all(value == MASK for _, value in _secrets(found, ())):
        return hidden
    # Written in a way that nobody thought of: rather lose the form than show a secret.
    for path, _ in _secrets(values, ()):
        set_setting(values, path, MASK)
    return json.dumps(values, indent=2, ensure_ascii=False)


def unmasked(text: str, before: Mapping[str, Any]) -> str:
    """With the secrets of `before` where `text` has the mask. Raises `NotRelaxedJson`."""
    values = parse_relaxed(text.encode())
    if not isinstance(values, dict):
        return text
    hidden = [path for path, value in _secrets(values, ()) if value == MASK]
    if not hidden:
        return text
    wanted = [get_setting(dict(before), path) for path in hidden]
    left = iter(wanted)

    def restored(_name: str, value: str) -> str:
        return json.dumps(next(left, None), ensure_ascii=False) if value.strip("\"'") == MASK else value

    shown = _with_values(text, restored)
    found = _parsed(shown)
    if isinstance(found, dict) and [get_setting(found, path) for path in hidden] == wanted:
        return shown
    for path, value in zip(hidden, wanted, strict=True):
        set_setting(values, path, value)
    return json.dumps(values, indent=2, ensure_ascii=False)


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
        elif is_secret((str(name),)) and value is not None and value != "" and not isinstance(value, bool | list | dict):
            found.append((path, value))
    return found
