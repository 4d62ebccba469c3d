"""Second factors on the wire."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, SecretStr

from vintagestory_api.access.second_factor import SETUP_SECONDS
from vintagestory_api.access.second_factor_service import Setup, Status
from vintagestory_api.kit.clock import rfc3339

#: As for passwords: what is too long for any code is wrong, this only keeps out what nobody types.
_TYPED_MAX = 1_000
TypedCode = Annotated[SecretStr, Field(max_length=_TYPED_MAX, description="six digits of the app, or a recovery code")]
_AppCode = Annotated[SecretStr, Field(max_length=_TYPED_MAX, description="six digits of the app")]
_Password = Annotated[SecretStr, Field(max_length=_TYPED_MAX, description="your password, again")]


class SecondFactorView(BaseModel):
    is_on: bool
    on_since: Annotated[str | None, Field(json_schema_extra={"format": "date-time"})]
    recovery_codes_left: int
    knows_secret: Annotated[bool, Field(description="false when the file of secrets was lost: only recovery codes work then")]

    @classmethod
    def of(cls, status: Status) -> "SecondFactorView":
        return cls(
            is_on=status.on_since is not None,
            on_since=rfc3339(status.on_since),
            recovery_codes_left=status.recovery_codes_left,
            knows_secret=status.knows_secret,
        )


class SecondFactorBegin(BaseModel):
    model_config = ConfigDict(extra="forbid")

    password: _Password


class SecondFactorSetup(BaseModel):
    """For an authenticator app. Nothing is on before a first code of it was confirmed."""

    secret: Annotated[str, Field(description="for apps without a camera, shown this once")]
    uri: Annotated[str, Field(description="what the QR code says")]
    qr_svg: Annotated[str, Field(description="the QR code as an SVG document")]
    expires_in_seconds: int = SETUP_SECONDS

    @classmethod
    def of(cls, setup: Setup) -> "SecondFactorSetup":
        return cls(secret=setup.secret, uri=setup.uri, qr_svg=setup.qr_svg)


class SecondFactorConfirm(BaseModel):
    model_config = ConfigDict(extra="forbid")

    code: _AppCode


class SecondFactorProof(BaseModel):
    model_config = ConfigDict(extra="forbid")

    password: _Password
    code: TypedCode


class RecoveryCodes(BaseModel):
    """Each lets its user in once in place of the app. Shown this once."""

    recovery_codes: list[str]
