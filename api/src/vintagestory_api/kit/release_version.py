"""What orders of release numbers have in common: the stages before the final release."""

from typing import Final

#: From early to final; a version stores the index.
STAGES: Final = ("dev", "pre", "rc", "stable")
STABLE: Final = STAGES.index("stable")
