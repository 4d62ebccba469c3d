"""Users, signing in and browser sessions on the wire."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from vintagestory_api.access.passwords import MAX_LENGTH, MIN_LENGTH
from vintagestory_api.access.roles import Role
from vintagestory_api.access.schemas import Me, ServerRole, ServerRoleList, server_roles_of
from vintagestory_api.access.sessions import Session
from vintagestory_api.access.users import NAME_MAX_LENGTH, StoredUser
from vintagestory_api.kit.clock import rfc3339

#: What is too long for a rule is told by the rule; this only keeps out what nobody types.
_TYPED_MAX = 1_000
_Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]

Name = Annotated[
    str, Field(max_length=_TYPED_MAX, description=f"1 to {NAME_MAX_LENGTH} printable characters; capitals make no difference")
]
TypedPassword = Annotated[SecretStr, Field(max_length=_TYPED_MAX)]
ChosenPassword = Annotated[
    SecretStr,
    Field(max_length=_TYPED_MAX, description=f"{MIN_LENGTH} to {MAX_LENGTH} characters; not the name, and not a common one"),
]


class SessionInfo(BaseModel):
    """`setup_needed` while there is no admin who could sign in: the manager prints a set-up link at its start."""

    state: Literal["signed_in", "signed_out", "setup_needed"]
    me: Me | None
    version: str


class SignIn(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Field(max_length=_TYPED_MAX)]
    password: TypedPassword
    code: Annotated[
        SecretStr | None,
        Field(max_length=_TYPED_MAX, description="of users with a second factor: six digits of the app, or a recovery code"),
    ] = None


class Setup(BaseModel):
    model_config = ConfigDict(extra="forbid")

    token: Annotated[SecretStr, Field(max_length=_TYPED_MAX, description="what follows #token= in the set-up link")]
    name: Name
    password: ChosenPassword


class PasswordChange(BaseModel):
    model_config = ConfigDict(extra="forbid")

    current_password: TypedPassword
    new_password: ChosenPassword


class NewPassword(BaseModel):
    model_config = ConfigDict(extra="forbid")

    password: ChosenPassword


class BrowserSession(BaseModel):
    id: str
    created_at: _Moment
    last_used_at: Annotated[str, Field(description="to the minute", json_schema_extra={"format": "date-time"})]
    from_address: Annotated[str | None, Field(description="where the sign-in came from")]
    browser: Annotated[str | None, Field(description="what the browser says it is, such as Firefox on Linux")]
    is_current: Annotated[bool, Field(description="the session of this request")]

    @classmethod
    def of(cls, session: Session, current_id: str | None) -> "BrowserSession":
        return cls(
            id=session.id,
            created_at=rfc3339(session.created_at) or "",
            last_used_at=rfc3339(session.last_used_at) or "",
            from_address=session.from_address,
            browser=session.browser,
            is_current=session.id == current_id,
        )


class BrowserSessionList(BaseModel):
    items: list[BrowserSession]
    next_cursor: None = None


class NewUser(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: Name
    role: Role
    server_roles: ServerRoleList = []
    password: ChosenPassword


class UserChange(BaseModel):
    """What is left out, or null, stays as it is."""

    model_config = ConfigDict(extra="forbid")

    name: Name | None = None
    role: Role | None = None
    server_roles: ServerRoleList | None = None
    is_disabled: Annotated[bool | None, Field(description="a disabled user can't sign in, and is signed out")] = None


class User(BaseModel):
    id: str
    name: str
    role: Role
    server_roles: list[ServerRole]
    is_disabled: bool
    has_second_factor: bool
    created_at: _Moment
    last_signed_in_at: Annotated[str | None, Field(json_schema_extra={"format": "date-time"})]

    @classmethod
    def of(cls, user: StoredUser) -> "User":
        return cls(
            id=user.id,
            name=user.name,
            role=user.role,
            server_roles=server_roles_of(user.on),
            is_disabled=user.is_disabled,
            has_second_factor=user.has_second_factor,
            created_at=rfc3339(user.created_at) or "",
            last_signed_in_at=rfc3339(user.last_signed_in_at),
        )


class UserList(BaseModel):
    items: list[User]
    next_cursor: str | None
