"""The text of a systemd unit that runs the manager, and how one is told that nobody has changed since it was written."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

UNIT_NAME = "vsmanager.service"
STATE_DIR = Path("/var/lib/vsmanager")

_MARK = "# Written by `vsmanager service install`. To change it, use `systemctl edit`; checksum "
_CHECKSUM = re.compile(rf"^{re.escape(_MARK)}([0-9a-f]{{16}})\n")

#: What keeps the manager, and the games that it starts, from the parts of a system that neither needs. Not here: a private /tmp
#: (sockets of running games may lie there) and a ban on writable code (.NET compiles while it runs).
_HARDENING = """\
NoNewPrivileges=true
ProtectSystem=full
ProtectKernelTunables=true
ProtectKernelModules=true
ProtectKernelLogs=true
ProtectControlGroups=true
ProtectClock=true
RestrictSUIDSGID=true
RestrictRealtime=true
LockPersonality=true
"""


@dataclass(frozen=True)
class Unit:
    """`account` and `group`: of a unit for the whole machine; None for one of a single user."""

    program: Sequence[str]
    environment: Mapping[str, str]
    data_dir: Path
    account: str | None = None
    group: str | None = None

    @property
    def text(self) -> str:
        """With a first line that tells a later installation whether the rest is still as it was written."""
        body = self._body()
        return f"{_MARK}{_checksum(body)}\n{body}"

    def _body(self) -> str:
        return f"""\
[Unit]
Description=Vintage Story Server Manager
{self._network()}
[Service]
Type=simple
{self._who()}ExecStart={" ".join(_argument(part) for part in (*self.program, "serve"))}
{"".join(f"Environment={_assignment(name, value)}{_LF}" for name, value in sorted(self._variables().items()))}\
Restart=on-failure
RestartSec=5
# Settings that can't be used: to try again would change nothing.
RestartPreventExitStatus=2
TimeoutStopSec=30

# Only the manager is stopped and started again: games belong to keepers, which go on without it.
KillMode=process
# A game that the system ends for want of memory must not take the others with it.
OOMPolicy=continue
LimitNOFILE=65536

{self._hardening()}
[Install]
WantedBy={"default.target" if self.account is None else "multi-user.target"}
"""

    def _network(self) -> str:
        # The units of a user can't wait for those of the system.
        return "" if self.account is None else "Wants=network-online.target\nAfter=network-online.target\n"

    def _who(self) -> str:
        if self.account is None:
            return ""
        lines = [f"User={self.account}"]
        if self.group is not None:
            lines.append(f"Group={self.group}")
        if self.data_dir == STATE_DIR:
            mode = "0711" if self.environment.get("VS_GAME_USER") else "0700"
            lines += [f"StateDirectory={STATE_DIR.name}", f"StateDirectoryMode={mode}"]
        # The sockets of running games lie there, so it has to stay while the manager is away.
        lines += ["RuntimeDirectory=vsmanager", "RuntimeDirectoryMode=0700", "RuntimeDirectoryPreserve=yes"]
        return "".join(f"{line}\n" for line in lines)

    def _variables(self) -> dict[str, str]:
        runtime = {} if self.account is None else {"XDG_RUNTIME_DIR": "/run/vsmanager"}
        return {**self.environment, **runtime, "VS_DATA_DIR": str(self.data_dir)}

    def _hardening(self) -> str:
        # A user's own systemd may not set up most of it.
        return "NoNewPrivileges=true\n" if self.account is None else _HARDENING


_LF = "\n"


def is_unchanged(text: str) -> bool:
    """Whether a unit is exactly as some version of this program wrote it."""
    found = _CHECKSUM.match(text)
    return found is not None and found[1] == _checksum(text[found.end() :])


def data_dir_in(text: str) -> str | None:
    """The data folder that a unit names; None where it names none, or one that is written in an unusual way."""
    found = re.search(r'^Environment="?VS_DATA_DIR=([^"\\\n]+)"?$', text, re.MULTILINE)
    return found[1].replace("%%", "%") if found is not None else None


def _checksum(body: str) -> str:
    return hashlib.sha256(body.encode()).hexdigest()[:16]


def _argument(text: str) -> str:
    return _quoted(text.replace("$", "$$"))


def _assignment(name: str, value: str) -> str:
    return _quoted(f"{name}={value}")


def _quoted(text: str) -> str:
    """As systemd reads it: in quotes where needed, and with its specifiers (`%h`) switched off."""
    text = text.replace("%", "%%").replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"' if re.search(r"[\s'\"\\;]", text) else text
