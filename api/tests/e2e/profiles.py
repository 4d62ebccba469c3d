"""The devices that pages are looked at with."""

from dataclasses import dataclass
from typing import Literal

from playwright.sync_api import ViewportSize


@dataclass(frozen=True)
class Profile:
    name: str
    viewport: ViewportSize
    color_scheme: Literal["light", "dark"] = "light"
    is_phone: bool = False


DESKTOP = Profile("desktop-light", {"width": 1440, "height": 900})
DESKTOP_DARK = Profile("desktop-dark", {"width": 1440, "height": 900}, color_scheme="dark")
PHONE = Profile("phone", {"width": 390, "height": 844}, is_phone=True)

PROFILES = (DESKTOP, DESKTOP_DARK, PHONE)
