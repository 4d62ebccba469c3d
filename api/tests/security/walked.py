"""Every operation of the OpenAPI document as something that can be asked: its parameters, and a body made for it."""

import http.client
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit

from tests.security.furnished import Furnished
from vintagestory_api.main import create_app


@dataclass
class Operation:
    method: str
    path: str
    said: dict[str, Any]
    document: dict[str, Any]

    def parameters(self, place: str) -> list[str]:
        return [each["name"] for each in self.said.get("parameters", []) if each["in"] == place]

    @property
    def takes(self) -> str | None:
        """The content type of its body."""
        return next(iter(self.said.get("requestBody", {}).get("content", {})), None)

    def body(self, text: str) -> Any:
        """One that fits its schema, with `text` wherever a text may be anything."""
        return self._made(self.said["requestBody"]["content"]["application/json"]["schema"], text, 0)

    def _made(self, schema: dict[str, Any], text: str, depth: int) -> Any:
        if "$ref" in schema:
            schema = self.document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
        for word in ("anyOf", "oneOf"):
            if word in schema:
                choices = [choice for choice in schema[word] if choice.get("type") != "null"]
                schema = next((choice for choice in choices if choice.get("type") == "string"), choices[0])
                return self._made(schema, text, depth)
        if "const" in schema or "enum" in schema:
            return schema.get("const", schema.get("enum", [None])[0])
        kind = schema.get("type")
        if kind == "object":
            if depth > 5:
                return {}
            return {key: self._made(value, text, depth + 1) for key, value in schema.get("properties", {}).items()}
        if kind == "array":
            return [self._made(schema.get("items", {}), text, depth + 1)]
        if kind in {"integer", "number"}:
            return schema.get("minimum", schema.get("exclusiveMinimum", 0) + 1)
        return False if kind == "boolean" else text


def walk() -> Iterator[Operation]:
    document = create_app().openapi()
    for path, operations in document["paths"].items():
        for method, said in operations.items():
            yield Operation(method.upper(), path, said, document)


def filled(house: Furnished, path: str) -> str:
    """With the names of what is there."""
    for name, values in house.ids.items():
        path = path.replace(f"{{{name}}}", quote(values[0], safe=""))
    return path.replace("{", "").replace("}", "")


def ask(
    house: Furnished, method: str, target: str, body: Any = None, *, token: str | None = None, **headers: str
) -> tuple[int, bytes]:
    """Just as it is: nothing tidies the address up on the way."""
    address = urlsplit(house.manager.url)
    connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=100)
    said = {"X-API-Key": token or house.manager.token} if token != "" else {}
    content = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
    kind = "application/octet-stream" if isinstance(body, bytes) else "application/json"
    try:
        connection.request(method, target, content, {"Content-Type": kind, **said, **headers})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()
