"""Tokens and audit trail on the wire."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from vintagestory_api.access.audit import AuditEntry
from vintagestory_api.access.grants import InvalidGrant
from vintagestory_api.access.principal import Principal
from vintagestory_api.access.roles import Role
from vintagestory_api.access.tokens import NAME_MAX_LENGTH, Token
from vintagestory_api.errors import FieldError
from vintagestory_api.kit.clock import rfc3339


class ServerRole(BaseModel):
    """What counts on one server, where it is more than the role for all of them."""

    model_config = ConfigDict(extra="forbid")

    server_id: Annotated[str, Field(min_length=1, max_length=100)]
    role: Literal[Role.VIEWER, Role.OPERATOR, Role.ADMIN]


ServerRoleList = Annotated[list[ServerRole], Field(max_length=500, description="roles on single servers, beside the one for all")]


def server_roles_of(on: Mapping[str, Role]) -> list[ServerRole]:
    return [ServerRole.model_validate({"server_id": server_id, "role": role}) for server_id, role in sorted(on.items())]


def roles_by_server(given: Iterable[ServerRole]) -> dict[str, Role]:
    """Raises `InvalidGrant` for a server that is named twice."""
    found: dict[str, Role] = {}
    for one in given:
        if one.server_id in found:
            message = f"names the server {one.server_id!r} twice"
            raise InvalidGrant(f"The list {message}. Give one role for it.", fields=[FieldError("server_roles", message)])
        found[one.server_id] = one.role
    return found


class ViewedAsView(BaseModel):
    """As whom an admin looks at the manager."""

    kind: Literal["role", "user"]
    name: str
    role: Role
    server_roles: list[ServerRole]


class Me(BaseModel):
    """`role` and `server_roles` are what counts: those of somebody else while `viewing_as` is there."""

    kind: str
    id: str | None
    name: str
    role: Role
    server_roles: list[ServerRole] = []
    viewing_as: ViewedAsView | None = None
    must_set_up_second_factor: Annotated[bool, Field(description="nothing else can be done before")] = False

    @classmethod
    def of(cls, principal: Principal) -> "Me":
        seen = principal.viewing_as
        return cls(
            kind=principal.kind,
            id=principal.id,
            name=principal.name,
            role=principal.role,
            server_roles=server_roles_of(principal.on),
            must_set_up_second_factor=principal.must_set_up_second_factor,
            viewing_as=None
            if seen is None
            else ViewedAsView(kind=seen.kind, name=seen.name, role=seen.role, server_roles=server_roles_of(seen.on)),
        )


class NewToken(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=NAME_MAX_LENGTH, description="unique among the tokens that are not revoked")
    role: Role
    server_roles: ServerRoleList = []


class TokenView(BaseModel):
    id: str
    name: str
    role: Role
    server_roles: list[ServerRole]
    created_at: str = Field(json_schema_extra={"format": "date-time"})
    created_by: str
    last_used_at: str | None = Field(description="to the minute", json_schema_extra={"format": "date-time"})
    revoked_at: str | None = Field(json_schema_extra={"format": "date-time"})

    @classmethod
    def of(cls, token: Token) -> "TokenView":
        return cls(**cls.fields_of(token))

    @staticmethod
    def fields_of(token: Token) -> dict[str, Any]:
        return {
            "id": token.id,
            "name": token.name,
            "role": token.role,
            "server_roles": [one.model_dump(mode="json") for one in server_roles_of(token.on)],
            "created_at": rfc3339(token.created_at),
            "created_by": token.created_by,
            "last_used_at": rfc3339(token.last_used_at),
            "revoked_at": rfc3339(token.revoked_at),
        }


class CreatedToken(TokenView):
    token: str = Field(description="the secret, shown this once")

    @classmethod
    def with_secret(cls, token: Token, secret: str) -> "CreatedToken":
        return cls(token=secret, **cls.fields_of(token))


class TokenList(BaseModel):
    items: list[TokenView]
    next_cursor: str | None


class Who(BaseModel):
    kind: str
    id: str | None
    name: str
    role: str | None


class AuditEntryView(BaseModel):
    id: str
    time: str = Field(json_schema_extra={"format": "date-time"})
    who: Who
    action: str
    target: dict[str, Any]
    from_address: str | None
    result: str = Field(description="ok, denied, or the code of the error")
    status: int | None
    details: dict[str, Any]

    @classmethod
    def of(cls, entry: AuditEntry) -> "AuditEntryView":
        return cls(
            id=entry.id,
            time=rfc3339(entry.at) or "",
            who=Who(kind=entry.who_kind, id=entry.who_id, name=entry.who_name, role=entry.role),
            action=entry.action,
            target=dict(entry.target),
            from_address=entry.from_address,
            result=entry.result,
            status=entry.status,
            details=dict(entry.details),
        )


class AuditList(BaseModel):
    items: list[AuditEntryView]
    next_cursor: str | None


class AuditQuery(BaseModel):
    """Each filter left out does not filter."""

    model_config = ConfigDict(extra="forbid")

    who: str | None = Field(None, max_length=100, description="name or id of a user or token")
    action: str | None = Field(None, max_length=100)
    result: str | None = Field(None, max_length=100)
    since: datetime | None = Field(None, description="RFC 3339; without a zone it is UTC")
    limit: int = Field(50, ge=1, le=200)
    cursor: str | None = Field(None, max_length=100)
