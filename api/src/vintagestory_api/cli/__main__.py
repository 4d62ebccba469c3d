"""`python -m vintagestory_api.cli` is `vsmanager`."""

from vintagestory_api.cli import main

main()
