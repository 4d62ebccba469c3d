"""Second factors over HTTP: one's own, and for admins those of others."""

from fastapi import APIRouter, Request

from vintagestory_api.access.access import Access
from vintagestory_api.access.own import caller_of, own_user
from vintagestory_api.access.principal import Principal
from vintagestory_api.access.routes import API_PREFIX, ROLE_KEY, SCOPE_KEY, SecuredRoute
from vintagestory_api.access.second_factor_schemas import (
    RecoveryCodes,
    SecondFactorBegin,
    SecondFactorConfirm,
    SecondFactorProof,
    SecondFactorSetup,
    SecondFactorView,
)
from vintagestory_api.access.second_factor_service import SecondFactors
from vintagestory_api.errors import Conflict
from vintagestory_api.problems import problem_responses

router = APIRouter(prefix=API_PREFIX, route_class=SecuredRoute, tags=["session"])

_SELF = {ROLE_KEY: "none", SCOPE_KEY: "anyone"}
_ADMIN = {ROLE_KEY: "admin"}
_WHAT = "second factor"


class OwnSecondFactor(Conflict):
    code = "own_second_factor"


@router.get("/me/second-factor", openapi_extra=_SELF)
async def read_own_second_factor(request: Request) -> SecondFactorView:
    """Whether you sign in with a second factor. A token has none, and needs none."""
    me: Principal = request.state.principal
    if me.kind != "user" or me.id is None:
        return SecondFactorView(is_on=False, on_since=None, recovery_codes_left=0, knows_secret=True)
    return SecondFactorView.of(await _factors(request).status(me.id))


@router.post("/me/second-factor", openapi_extra=_SELF, responses=problem_responses(409, 422, 429))
async def begin_second_factor(request: Request, wanted: SecondFactorBegin) -> SecondFactorSetup:
    """Begin to set up a second factor. What an earlier begin has answered is worth nothing any more."""
    user_id, _ = own_user(request, _WHAT)
    return SecondFactorSetup.of(await _factors(request).begin(user_id, wanted.password.get_secret_value(), caller_of(request)))


@router.post("/me/second-factor/confirm", openapi_extra=_SELF, responses=problem_responses(409, 422, 429))
async def confirm_second_factor(request: Request, wanted: SecondFactorConfirm) -> RecoveryCodes:
    """Turn it on with a first code of the app. Your other sessions end."""
    user_id, session_id = own_user(request, _WHAT)
    codes = await _factors(request).confirm(user_id, session_id, wanted.code.get_secret_value(), caller_of(request))
    return RecoveryCodes(recovery_codes=codes)


@router.delete("/me/second-factor", status_code=204, openapi_extra=_SELF, responses=problem_responses(409, 422, 429))
async def turn_second_factor_off(request: Request, wanted: SecondFactorProof) -> None:
    """Sign in with the password alone from now on. Your other sessions end."""
    user_id, session_id = own_user(request, _WHAT)
    password, code = wanted.password.get_secret_value(), wanted.code.get_secret_value()
    await _factors(request).turn_off(user_id, session_id, password, code, caller_of(request))


@router.post("/me/second-factor/recovery-codes", openapi_extra=_SELF, responses=problem_responses(409, 422, 429))
async def renew_recovery_codes(request: Request, wanted: SecondFactorProof) -> RecoveryCodes:
    """New recovery codes. The former ones are worth nothing any more."""
    user_id, _ = own_user(request, _WHAT)
    password, code = wanted.password.get_secret_value(), wanted.code.get_secret_value()
    return RecoveryCodes(recovery_codes=await _factors(request).renew_recovery_codes(user_id, password, code, caller_of(request)))


@router.delete("/users/{user_id}/second-factor", status_code=204, openapi_extra=_ADMIN, responses=problem_responses(404, 409))
async def reset_second_factor(request: Request, user_id: str) -> None:
    """Take a second factor away from somebody who can't use it any more, and sign them out everywhere."""
    me: Principal = request.state.principal
    if me.kind == "user" and me.id == user_id:
        raise OwnSecondFactor("This is your own second factor. Turn it off on the page of your account, with a code.")
    await _factors(request).reset(user_id)


def _factors(request: Request) -> SecondFactors:
    access: Access = request.app.state.access
    return access.second_factors
