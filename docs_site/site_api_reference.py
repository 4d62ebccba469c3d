"""The reference of the API, from the application's own OpenAPI document: a page for each tag, and one for all schemas."""

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from vintagestory_api.main import create_app

_METHODS = ("get", "put", "post", "patch", "delete")
_SCHEMAS = "api/schemas.md"
#: Of parameters that mean the same wherever they are, and have no words of their own there.
_MEANINGS: Final = {
    "server_id": "id of the server, as in `GET /servers`",
    "cursor": "`next_cursor` of the answer before",
    "limit": "how many at most",
}


def api_pages() -> dict[str, str]:
    """Path in the site → Markdown."""
    document = create_app().openapi()
    by_tag: dict[str, list[str]] = {}
    for path, item in document["paths"].items():
        for method in _METHODS:
            if (operation := item.get(method)) is not None:
                by_tag.setdefault(operation.get("tags", ["other"])[0], []).append(_operation(method, path, operation))
    pages = {
        f"api/{tag.replace(' ', '-')}.md": "\n".join((f"# {_capital(tag)}\n", *texts)) for tag, texts in sorted(by_tag.items())
    }
    return {**pages, _SCHEMAS: _schemas(document["components"]["schemas"])}


def _operation(method: str, path: str, operation: Mapping[str, Any]) -> str:
    role = operation.get("x-required-role")
    lines = [f"## {operation['summary']}", "", f"`{method.upper()} {path}`", ""]
    if text := operation.get("description"):
        lines += [_prose(text), ""]
    lines += [_who(role, operation.get("x-scope")), ""]
    if parameters := operation.get("parameters"):
        lines += ["| Parameter | In | Type | Meaning |", "|---|---|---|---|"]
        lines += [_parameter(parameter) for parameter in parameters]
        lines.append("")
    for media, content in operation.get("requestBody", {}).get("content", {}).items():
        needed = "" if operation["requestBody"].get("required") else ", may be left out"
        lines += [f"Body: {_type(content.get('schema', {}))} (`{media}`{needed})", ""]
    lines += ["| Status | Answer |", "|---|---|"]
    lines += [_answer(status, answer) for status, answer in sorted(operation["responses"].items())]
    return "\n".join((*lines, ""))


def _who(role: str | None, scope: str | None) -> str:
    if role is None:
        return "Needs no sign-in."
    return f"Role: **{role}**" + (f", scope `{scope}`" if scope else "")


def _parameter(parameter: Mapping[str, Any]) -> str:
    schema = parameter.get("schema", {})
    default = _default(schema)
    needed = "" if parameter.get("required") else default or ", may be left out"
    meaning = parameter.get("description") or schema.get("description") or _MEANINGS.get(parameter["name"], "")
    return f"| `{parameter['name']}` | {parameter['in']} | {_cell(_type(schema) + _limits(schema) + needed)} | {_cell(meaning)} |"


def _answer(status: str, answer: Mapping[str, Any]) -> str:
    told = [
        _type(content.get("schema", {})) if media.endswith("json") else f"`{media}`"
        for media, content in answer.get("content", {}).items()
    ]
    words = "" if answer["description"] == "Successful Response" else answer["description"]
    return f"| {status} | {_cell(': '.join(part for part in (words, ' or '.join(told)) if part) or 'nothing')} |"


def _schemas(schemas: Mapping[str, Any]) -> str:
    return "\n".join(("# Schemas\n", *(_schema(name, schema) for name, schema in sorted(schemas.items()))))


def _schema(name: str, schema: Mapping[str, Any]) -> str:
    lines = [f"## {name} {{ #{_anchor(name)} }}", ""]
    if text := schema.get("description"):
        lines += [_prose(text), ""]
    if "properties" not in schema:
        return "\n".join((*lines, _type(schema), ""))
    required = set(schema.get("required", ()))
    lines += ["| Field | Type | Meaning |", "|---|---|---|"]
    for field, told in schema["properties"].items():
        meaning = told.get("description") or told.get("x-meaning") or ""
        needed = "" if field in required else _default(told) or ", may be left out"
        lines.append(f"| `{field}` | {_cell(_type(told) + _limits(told) + needed)} | {_cell(meaning)} |")
    return "\n".join((*lines, ""))


def _default(schema: Mapping[str, Any]) -> str:
    """What holds when it is left out, as JSON; nothing where that says no more than that it may be."""
    value = schema.get("default")
    return "" if value in (None, [], {}, "") else f", default `{json.dumps(value, ensure_ascii=False)}`"


def _type(schema: Mapping[str, Any]) -> str:
    if reference := schema.get("$ref"):
        name = reference.rsplit("/", 1)[1]
        return f"[{name}](schemas.md#{_anchor(name)})"
    if choices := schema.get("anyOf") or schema.get("oneOf"):
        return " or ".join(dict.fromkeys(_type(choice) for choice in choices))
    if "const" in schema:
        return f"`{schema['const']}`"
    if values := schema.get("enum"):
        return ", ".join(f"`{value}`" for value in values)
    kind = str(schema.get("type", "anything"))
    if kind == "array":
        kind = f"list of {_type(schema.get('items', {}))}"
    elif kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        kind = f"object of {_type(schema['additionalProperties'])}"
    return kind


def _limits(schema: Mapping[str, Any]) -> str:
    return "".join(_limit_words(schema))


def _limit_words(schema: Mapping[str, Any]) -> Iterator[str]:
    for choice in (schema, *schema.get("anyOf", ())):
        least, most = choice.get("minimum"), choice.get("maximum")
        if least is not None and most is not None:
            yield f", {_number(least)} to {_number(most)}"
        elif least is not None:
            yield f", at least {_number(least)}"
        elif most is not None:
            yield f", at most {_number(most)}"
        if "maxLength" in choice:
            yield f", at most {choice['maxLength']} characters"
        if "maxItems" in choice:
            yield f", at most {choice['maxItems']}"


def _number(value: float) -> str:
    return f"{value:g}" if abs(value) < 1e6 else f"{value:.0f}"


def _anchor(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")


def _prose(text: str) -> str:
    """Docstrings are plain text: nothing in them is meant as markup but code."""
    return re.sub(r"([<>\[\]{}*_#|])(?=(?:[^`]*`[^`]*`)*[^`]*$)", r"\\\1", text)


def _cell(text: str) -> str:
    outside = re.sub(r"<(?=(?:[^`]*`[^`]*`)*[^`]*$)", "&lt;", text)
    return outside.replace("|", "\\|").replace("\n", " ")


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
