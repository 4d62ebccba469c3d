"""Second factors: the codes of an authenticator app (TOTP) and recovery codes. Nothing here touches the database."""

import base64
import hashlib
import hmac
import io
import secrets
from dataclasses import dataclass

from vintagestory_api.access.users import WrongPassword
from vintagestory_api.errors import Conflict, FieldError, Forbidden

STEP_SECONDS = 30
#: A phone's clock may be wrong by so many steps, and a code may be typed slowly.
STEPS_AROUND = 1
DIGITS = 6
#: Who began to set one up has so long to type the first code.
SETUP_SECONDS = 900
RECOVERY_CODES = 10
ISSUER = "Vintage Story Server Manager"

_SECRET_BYTES = 20  # RFC 4226 wants that many; apps take them without padding
_GROUPS, _GROUP_LENGTH = 4, 4
#: Of recovery codes: 32 characters of which none looks like another one, so 80 bits in each code.
_ALPHABET = "abcdefghjkmnpqrstuvwxyz023456789"
_LOOKS_LIKE = str.maketrans({"o": "0", "i": "j", "l": "j", "1": "j"})
_SECRETS_PREFIX = "second_factor"


class WrongCode(Forbidden):
    code = "wrong_code"


class SecondFactorOn(Conflict):
    code = "second_factor_on"


class SecondFactorOff(Conflict):
    code = "second_factor_off"


class NoSetupBegun(Conflict):
    code = "no_second_factor_setup"


class SecondFactorRequired(Forbidden):
    code = "second_factor_required"


class SecondFactorLost(Conflict):
    """The file of secrets does not hold what codes are compared with."""

    code = "second_factor_lost"


@dataclass(frozen=True)
class SecondFactor:
    """`created_at` (integer UTC milliseconds) tells this set-up from every other one of the user, for its secret, too."""

    user_id: str
    created_at: int
    confirmed_at: int | None
    last_step: int

    @property
    def is_on(self) -> bool:
        return self.confirmed_at is not None

    def setup_has_expired(self, now_ms: int) -> bool:
        return abs(now_ms - self.created_at) >= SETUP_SECONDS * 1000  # a clock may be put back

    @property
    def secret_name(self) -> str:
        """Where the file of secrets holds its secret."""
        return f"{_SECRETS_PREFIX}/{self.user_id}/{self.created_at}"


def is_name_of_secret(name: str) -> bool:
    """Whether the file of secrets holds the secret of a second factor under that name."""
    return name.startswith(f"{_SECRETS_PREFIX}/")


def new_totp_secret() -> str:
    """160 random bits, in base 32."""
    return base64.b32encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def setup_uri(secret: str, name: str) -> str:
    """What an authenticator app reads from the QR code."""
    from pyotp import TOTP  # noqa: PLC0415 - only who uses a second factor needs it

    return TOTP(secret).provisioning_uri(name=name, issuer_name=ISSUER)


def qr_svg(uri: str) -> str:
    """`uri` as a QR code, a whole document, dark on white whatever is around it."""
    import segno  # noqa: PLC0415 - only who sets a second factor up needs it

    document = io.BytesIO()
    code = segno.make(uri, error="m", micro=False)
    code.save(document, kind="svg", xmldecl=False, border=4, dark="#000", light="#fff", omitsize=True)
    return document.getvalue().decode().strip()


def step_at(now_ms: int) -> int:
    return now_ms // (STEP_SECONDS * 1000)


def matching_step(secret: str, code: str, *, now_ms: int, after: int) -> int | None:
    """The time step after `after` whose code this is, of those around now. Takes the same time whatever the code is."""
    from pyotp import TOTP  # noqa: PLC0415 - as in `setup_uri`

    totp, found = TOTP(secret, digits=DIGITS), None
    present = step_at(now_ms)
    for step in range(present - STEPS_AROUND, present + STEPS_AROUND + 1):
        is_code = hmac.compare_digest(totp.generate_otp(max(step, 0)).encode(), code.encode("utf-8", "replace"))
        if is_code and step > after and found is None:
            found = step
    return found


def app_code(typed: str) -> str | None:
    """The digits of a code of an app, as people type it; None when it must be something else."""
    code = "".join(typed.split())
    return code if len(code) == DIGITS and code.isascii() and code.isdigit() else None


def new_recovery_codes() -> list[str]:
    """`k3wd-…`, ten of them; shown once, and kept as hashes."""
    return [
        "-".join("".join(secrets.choice(_ALPHABET) for _ in range(_GROUP_LENGTH)) for _ in range(_GROUPS))
        for _ in range(RECOVERY_CODES)
    ]


def recovery_code_hash(user_id: str, typed: str) -> str:
    """The same for a code however it is typed. Fast: nobody guesses 80 bits."""
    code = "".join(character for character in typed.lower() if character.isalnum()).translate(_LOOKS_LIKE)
    return hashlib.sha256(f"recovery code\0{user_id}\0{code}".encode("utf-8", "surrogatepass")).hexdigest()


def wrong_code() -> WrongCode:
    message = "is wrong, was used already, or is too old"
    return WrongCode(
        "The code is wrong, was used already, or is too old. Wait for the next code of the app, and see to the clock of the "
        "phone. A recovery code is good once.",
        fields=[FieldError("code", message)],
    )


def password_refused() -> WrongPassword:
    return WrongPassword("The password is wrong.", fields=[FieldError("password", "is not your password")])


def second_factor_lost() -> SecondFactorLost:
    message = "can't be checked any more: use a recovery code"
    return SecondFactorLost(
        "The manager has lost what it compares the codes of the app with (its file of secrets, secrets.json). Use a recovery "
        "code, or have the second factor taken away: by an admin under Access, or with vsmanager users reset-second-factor NAME "
        "on the machine of the manager.",
        fields=[FieldError("code", message)],
    )


def second_factor_required() -> SecondFactorRequired:
    return SecondFactorRequired(
        "Here you need a second factor before you can do anything else. Set one up on the page of your account."
    )


def second_factor_on() -> SecondFactorOn:
    return SecondFactorOn("The second factor is on already. Turn it off first to set up another one.")


def second_factor_off() -> SecondFactorOff:
    return SecondFactorOff("There is no second factor to turn off or to renew codes of.")


def no_setup_begun() -> NoSetupBegun:
    return NoSetupBegun(
        f"There is no set-up to confirm: none was begun, or it is older than {SETUP_SECONDS // 60} minutes. Begin again."
    )
