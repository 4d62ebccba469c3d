"""Takes the place of restic in tests: speaks its JSON, and ends with its exit codes. A repository is a folder with plain files.

What lies in the folder tells it how to behave: `locked`, `stale`, `full`, `hangs`. It is a program of its own, and takes nothing
from the product.
"""

import hashlib
import json
import os
import signal
import sys
import time
from pathlib import Path
from typing import Any, NoReturn

REPOSITORY = Path(os.environ.get("RESTIC_REPOSITORY", ""))
PASSWORD = os.environ.get("RESTIC_PASSWORD", "")
VALUED = ("--stdin-filename", "--host", "--time", "--latest")


def fail(code: int, *lines: str) -> NoReturn:
    sys.stderr.write("\n".join(lines) + "\n")
    sys.exit(code)


def say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def config() -> dict[str, Any]:
    path = REPOSITORY / "config"
    if not path.exists():
        fail(
            1,
            f"Fatal: unable to open config file: stat {path}: no such file or directory",
            "Is there a repository at the following location?",
            str(REPOSITORY),
        )
    found: dict[str, Any] = json.loads(path.read_bytes())
    if found["password"] != hashlib.sha256(PASSWORD.encode()).hexdigest():
        fail(1, "Fatal: wrong password or no key found")
    return found


def snapshots(tags: str) -> list[dict[str, Any]]:
    wanted = set(tags.split(",")) if tags else set()
    found = [json.loads(path.read_bytes()) for path in sorted(REPOSITORY.glob("snapshots/*.json"))]
    return [one for one in found if wanted <= set(one["tags"])]


def main(arguments: list[str]) -> None:
    with (Path(__file__).parent / "calls").open("a") as calls:
        calls.write(json.dumps(arguments) + "\n")
    command, words, options, tags = arguments[0], [], {}, []
    rest = iter(arguments[1:])
    for word in rest:
        if word == "--tag":
            tags.append(next(rest))
        elif word in VALUED:
            options[word] = next(rest)
        elif not word.startswith("--"):
            words.append(word)
    if command == "version":
        say("restic 0.99.0 compiled with go1.99 on linux/amd64")
        return
    if command == "init":
        (REPOSITORY / "snapshots").mkdir(parents=True)
        made = {"id": os.urandom(32).hex(), "password": hashlib.sha256(PASSWORD.encode()).hexdigest()}
        (REPOSITORY / "config").write_text(json.dumps(made))
        say("created restic repository")
        return
    found = config()
    if command == "unlock":
        (REPOSITORY / "stale").unlink(missing_ok=True)
        return
    if command == "cat":
        say(json.dumps({"version": 2, "id": found["id"], "chunker_polynomial": "0"}, indent=2))
        return
    if (REPOSITORY / "locked").exists() or (REPOSITORY / "stale").exists():
        fail(
            11,
            "unable to create lock in backend: repository is already locked by PID 7 on elsewhere by root (UID 0, GID 0)",
            "lock was created at 2026-11-26 10:00:00 (2h0m0s ago)",
            "the `unlock` command can be used to remove stale locks",
        )
    if command == "backup":
        back_up(options, tags)
    elif command == "snapshots":
        say(json.dumps(snapshots(",".join(tags))))
    elif command == "ls":
        (one,) = [one for one in snapshots("") if one["id"] == words[0]]
        say(json.dumps({**one, "struct_type": "snapshot"}))
        say(json.dumps({"path": one["paths"][0], "size": one["size"], "struct_type": "node"}))
    elif command == "dump":
        (one,) = [one for one in snapshots("") if one["id"] == words[0]]
        assert words[1] == one["paths"][0]
        sys.stdout.buffer.write((REPOSITORY / "snapshots" / one["id"]).read_bytes())
    elif command == "forget":
        for snapshot in words:
            (REPOSITORY / "snapshots" / f"{snapshot}.json").unlink()
    elif command == "prune":
        known = {one["id"] for one in snapshots("")}
        for path in REPOSITORY.glob("snapshots/*"):
            if path.suffix != ".json" and path.name not in known:
                path.unlink()
    elif command == "check":
        for one in snapshots(""):
            if hashlib.sha256((REPOSITORY / "snapshots" / one["id"]).read_bytes()).hexdigest() != one["sum"]:
                fail(1, f"error for snapshot {one['id'][:8]}: data does not match", "Fatal: repository contains errors")
        say("no errors were found")
    else:
        fail(1, f'unknown command "{command}" for "restic"')


def back_up(options: dict[str, str], tags: list[str]) -> None:
    if (REPOSITORY / "full").exists():
        sys.stdin.buffer.read(100_000)
        fail(1, "Fatal: unable to save snapshot: write: no space left on device")
    if (REPOSITORY / "hangs").exists():
        signal.signal(signal.SIGINT, lambda *_: sys.exit(130))
        while True:
            time.sleep(60)
    data = sys.stdin.buffer.read()
    snapshot = os.urandom(32).hex()
    say(json.dumps({"message_type": "status", "percent_done": 0, "bytes_done": len(data)}))
    (REPOSITORY / "snapshots" / snapshot).write_bytes(data)
    about = {
        "id": snapshot,
        "short_id": snapshot[:8],
        "time": options["--time"].replace(" ", "T") + "Z",
        "paths": [f"/{options['--stdin-filename']}"],
        "hostname": options["--host"],
        "tags": tags,
        "size": len(data),
        "sum": hashlib.sha256(data).hexdigest(),
    }
    (REPOSITORY / "snapshots" / f"{snapshot}.json").write_text(json.dumps(about))
    say(json.dumps({"message_type": "summary", "total_bytes_processed": len(data), "snapshot_id": snapshot[:8]}))


if __name__ == "__main__":
    main([word for word in sys.argv[1:] if word != "--no-lock"])
