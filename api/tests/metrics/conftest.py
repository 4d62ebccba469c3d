"""The application with game servers, as in the tests of those."""

from tests.servers.conftest import dotnet_root, house

__all__ = ["dotnet_root", "house"]
