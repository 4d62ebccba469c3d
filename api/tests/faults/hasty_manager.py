"""`vsmanager serve` that does not wait between a crash of a game and its next start: twenty crashes would take twenty minutes."""

import sys

from vintagestory_api.cli.serving import serve_command
from vintagestory_api.servers import registry
from vintagestory_api.servers.surroundings import Pace

if __name__ == "__main__":
    setattr(registry, "Pace", lambda: Pace(first_pause=0.05, longest_pause=0.2, look_every=0.5))  # noqa: B010 - from outside
    sys.exit(serve_command([]))
