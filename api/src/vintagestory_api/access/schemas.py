"""Tokens and audit trail on the wire."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from vintagestory_api.access.audit import AuditEntry
from vintagestory_api.access.principal import Principal
from vintagestory_api.access.roles import Role
from vintagestory_api.access.tokens import NAME_MAX_LENGTH, Token
from vintagestory_api.kit.clock import rfc3339


class Me(BaseModel):
    kind: str
    id: str | None
    name: str
    role: Role

    @classmethod
    def of(cls, principal: Principal) -> "Me":
        return cls(kind=principal.kind, id=principal.id, name=principal.name, role=principal.role)


class NewToken(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=NAME_MAX_LENGTH, description="unique among the tokens that are not revoked")
    role: Role


class TokenView(BaseModel):
    id: str
    name: str
    role: Role
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
