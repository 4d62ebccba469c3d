"""Finds the manager to talk to, and talks to it. Standard library only, because commands should answer at once."""

import json
import os
import stat
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from vintagestory_api.cli.failures import CommandFailed, ExitCode, exit_code_of_status
from vintagestory_api.config import ENVIRONMENT, default_data_dir
from vintagestory_api.errors import FieldError

if TYPE_CHECKING:
    from http.client import HTTPResponse

API = "/api/v1"
URL_VARIABLE, TOKEN_VARIABLE = "VS_URL", "VS_TOKEN"
TIMEOUT_SECONDS = 30.0
#: For a file that is checked before the answer comes.
FILE_TIMEOUT_SECONDS = 300.0
MAX_ANSWER_BYTES = 64_000_000
_BLOCK_BYTES = 1 << 18
_MAX_INFO_BYTES = 10_000

Query = Mapping[str, str | int | float | bool | Sequence[str] | None]


@dataclass(frozen=True)
class RunningManager:
    """What a manager left in `run/manager.json`. `token` serves as long as that process lives; `upstreams` says whom it asks."""

    pid: int
    url: str
    token: str
    upstreams: Mapping[str, str]


class Unreachable(CommandFailed):
    def __init__(self, message: str) -> None:
        super().__init__(message, exit_code=ExitCode.UNREACHABLE, code="manager_unreachable")


def data_dir_of(option: Path | None) -> Path:
    """The data folder: the option, else `VS_DATA_DIR`, else the platform's."""
    if option is not None:
        return option.expanduser().absolute()
    named = os.environ.get(ENVIRONMENT["data_dir"], "").strip()
    return Path(named).expanduser().absolute() if named else default_data_dir().absolute()


def remote_url(data_dir: Path | None, url: str | None) -> str | None:
    """The address of a remote manager, when one is meant: `--url`, or `VS_URL` unless a folder was named."""
    if url is not None and data_dir is not None:
        raise CommandFailed("Give either --url or --data-dir.", exit_code=ExitCode.USAGE, code="wrong_usage")
    return url or (None if data_dir is not None else os.environ.get(URL_VARIABLE, "").strip() or None)


def connect(data_dir: Path | None, url: str | None) -> "Client":
    """The manager that the options mean. Raises `CommandFailed` when it does not run or must not be trusted."""
    client = find_client(data_dir, url)
    if client is None:
        folder = data_dir_of(data_dir)
        raise Unreachable(
            f"The manager is not running on the data folder {folder}. Start it with: vsmanager serve --data-dir {folder}. "
            "Or name another folder with --data-dir, or a manager elsewhere with --url."
        )
    return client


def find_client(data_dir: Path | None, url: str | None) -> "Client | None":
    """The same; None when a local manager is meant and does not run."""
    if remote := remote_url(data_dir, url):
        token = os.environ.get(TOKEN_VARIABLE, "").strip()
        if not token:
            raise CommandFailed(
                f"The manager at {remote} asks for a token. Put one into the environment variable {TOKEN_VARIABLE}.",
                exit_code=ExitCode.NOT_ALLOWED,
                code="token_missing",
            )
        return Client(remote, token)
    found = find_running(data_dir_of(data_dir))
    return None if found is None else Client(found.url, found.token)


def find_running(data_dir: Path) -> RunningManager | None:
    """Who works on the folder, as far as it says so. Raises `CommandFailed` when the file is not ours to trust."""
    path = data_dir / "run" / "manager.json"
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except PermissionError as error:
        raise _not_ours(path, "can't be read by you") from error
    except OSError as error:
        raise _not_ours(path, f"can't be read ({error.strerror})") from error
    with os.fdopen(handle, "rb") as file:
        state = os.fstat(file.fileno())
        if state.st_uid != os.geteuid():
            raise _not_ours(path, "belongs to another user")
        if not stat.S_ISREG(state.st_mode) or stat.S_IMODE(state.st_mode) != 0o600:
            raise CommandFailed(
                f"{path} could have been read or changed by others (its mode is {stat.S_IMODE(state.st_mode):04o}, not 0600). "
                "Restart the manager, which writes it anew.",
                exit_code=ExitCode.NOT_ALLOWED,
                code="manager_file_not_trusted",
            )
        content = file.read(_MAX_INFO_BYTES)
    try:
        info = json.loads(content)
        upstreams = {str(name): str(url) for name, url in info["upstreams"].items()}
        found = RunningManager(int(info["pid"]), str(info["url"]), str(info["token"]), upstreams)
    except (ValueError, KeyError, TypeError, AttributeError):
        return None
    return found if _is_alive(found.pid) else None


def _not_ours(path: Path, why: str) -> CommandFailed:
    return CommandFailed(
        f"{path} {why}. Run the command as the user that runs the manager, or use --url with a token in {TOKEN_VARIABLE}.",
        exit_code=ExitCode.NOT_ALLOWED,
        code="manager_file_not_trusted",
    )


def _is_alive(pid: int) -> bool:
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):
        return True
    return True


class Client:
    """One manager's API. Every method raises `CommandFailed`, with the API's own words where it answered."""

    def __init__(self, url: str, token: str) -> None:
        from urllib.parse import urlsplit  # noqa: PLC0415 - only commands that talk need it

        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.query or parts.fragment:
            raise CommandFailed(
                f"{url!r} is no address of a manager. Give one like http://127.0.0.1:8080",
                exit_code=ExitCode.USAGE,
                code="wrong_usage",
            )
        if not token.isascii() or not token.isprintable() or " " in token:
            raise CommandFailed(
                f"{TOKEN_VARIABLE} holds no token: tokens look like vsm_…",
                exit_code=ExitCode.NOT_ALLOWED,
                code="token_malformed",
            )
        self.url = url.rstrip("/")
        self._parts = parts
        self._token = token

    def get(self, path: str, query: Query | None = None, *, timeout_seconds: float = TIMEOUT_SECONDS) -> Any:
        return self.send("GET", path, query=query, timeout_seconds=timeout_seconds)

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Query | None = None,
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> Any:
        """The parsed answer; None for one without content. `path` is below /api/v1, or a whole one such as /healthz."""
        data, headers = None, {}
        if body is not None:
            data, headers = json.dumps(body).encode(), {"Content-Type": "application/json"}
        return self._ask(method, path, query, data, headers, timeout_seconds)

    def send_file(self, method: str, path: str, file: IO[bytes]) -> Any:
        """Send a file as it is, from its beginning, and return the parsed answer."""
        headers = {"Content-Type": "application/octet-stream", "Content-Length": str(os.fstat(file.fileno()).st_size)}
        return self._ask(method, path, None, file, headers, FILE_TIMEOUT_SECONDS)

    def fetch(self, path: str) -> Iterator[bytes]:
        """An answer that is no JSON, in blocks."""
        with self._exchange("GET", self._target(path, None), None, {}, FILE_TIMEOUT_SECONDS) as response:
            if response.status >= 400:
                raise _refusal(response.status, self._parse(response.status, response.read(MAX_ANSWER_BYTES)))
            while block := response.read(_BLOCK_BYTES):
                yield block

    def _ask(
        self,
        method: str,
        path: str,
        query: Query | None,
        data: bytes | IO[bytes] | None,
        headers: Mapping[str, str],
        timeout_seconds: float,
    ) -> Any:
        with self._exchange(method, self._target(path, query), data, headers, timeout_seconds) as response:
            status, content = response.status, response.read(MAX_ANSWER_BYTES)
        if status == 204:
            return None
        answer = self._parse(status, content)
        if status >= 400:
            raise _refusal(status, answer)
        return answer

    @contextmanager
    def _exchange(
        self, method: str, target: str, data: bytes | IO[bytes] | None, headers: Mapping[str, str], timeout_seconds: float
    ) -> Iterator["HTTPResponse"]:
        from http.client import HTTPConnection, HTTPException, HTTPSConnection  # noqa: PLC0415 - only commands that talk need it

        make = HTTPSConnection if self._parts.scheme == "https" else HTTPConnection
        own = {"Authorization": f"Bearer {self._token}", "Accept": "application/json"}
        try:
            with closing(make(self._parts.hostname or "", self._parts.port, timeout=timeout_seconds)) as connection:
                # Who refuses a large file answers before its end.
                with suppress(BrokenPipeError, ConnectionResetError):
                    connection.request(method, target, data, {**own, **headers})
                with connection.getresponse() as response:
                    yield response
        except (OSError, HTTPException) as error:
            raise Unreachable(
                f"The manager at {self.url} can't be reached ({_reason(error)}). "
                "Is it running, and is this its address? (vsmanager doctor tells more)"
            ) from error
        except ValueError as error:
            raise CommandFailed(f"{self.url} is no address of a manager ({error}).", exit_code=ExitCode.USAGE) from error

    def _target(self, path: str, query: Query | None) -> str:
        from urllib.parse import urlencode  # noqa: PLC0415 - as above

        pairs: list[tuple[str, str]] = []
        for name, value in (query or {}).items():
            if isinstance(value, bool):
                pairs.append((name, "true" if value else "false"))
            elif isinstance(value, (str, int, float)):
                pairs.append((name, str(value)))
            elif value is not None:
                pairs.extend((name, item) for item in value)
        base = self._parts.path.rstrip("/") + ("" if path.startswith(("/healthz", "/readyz")) else API)
        return f"{base}{path}" + (f"?{urlencode(pairs)}" if pairs else "")

    def _parse(self, status: int, content: bytes) -> Any:
        try:
            return json.loads(content)
        except (ValueError, RecursionError) as error:
            raise CommandFailed(
                f"What answers at {self.url} is no manager (status {status}, and no JSON). Check the address.",
                code="not_a_manager",
            ) from error


def segment(text: str) -> str:
    """`text` as one part of a path."""
    from urllib.parse import quote  # noqa: PLC0415 - only commands that talk need it

    return quote(text, safe="") if text not in {".", ".."} else text.replace(".", "%2E")


#: What to do about it on the command line, where the API can't know that it is used from there.
_HINTS = {"unknown_job": " See: vsmanager jobs list", "unauthorized": f" (The token comes from {TOKEN_VARIABLE}.)"}


def _refusal(status: int, answer: Any) -> CommandFailed:
    problem = answer if isinstance(answer, dict) else {}
    code = str(problem.get("code", f"http_{status}"))
    detail = str(problem.get("detail") or f"The manager answered with status {status}.") + _HINTS.get(code, "")
    fields = [
        FieldError(str(item.get("field", "")), str(item.get("message", "")))
        for item in problem.get("errors") or ()
        if isinstance(item, dict) and str(item.get("message", "")) not in detail
    ]
    return CommandFailed(
        detail,
        exit_code=exit_code_of_status(status),
        code=code,
        fields=fields,
        problem=problem or None,
    )


def _reason(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "it did not answer in time"
    if isinstance(error, ConnectionRefusedError):
        return "nothing listens there"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__
