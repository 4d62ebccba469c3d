"""How soon a text of 5 MB can be written in, and a folder of 20,000 files is shown, in a browser.

Needs the web UI (`./just build-web`) and a Chromium or Chrome.
"""

from pathlib import Path

from playwright.sync_api import Browser, StorageState

from figures import Figure, Measured, median
from files import FILES, fill
from games import game_field
from pages import chromium, make_user, sign_in
from processes import DidNotStart
from vintagestory_api.web_ui import FOLDER

_PATIENCE_MS = 60_000
_REST_MS = 1_000
_AT = "/servers/home/files"

# From the click to the moment in which what it opens has been painted and takes the keys.
_TIME = """
async ([link, wanted]) => {
  const started = performance.now();
  document.querySelector(link).click();
  while (document.querySelector(wanted) === null) await new Promise((go) => setTimeout(go, 5));
  await new Promise((go) => requestAnimationFrame(() => setTimeout(go, 0)));
  return performance.now() - started;
}
"""
_CLICKS = {
    "log": ('a[href$="file=text.log"]', ".cm-line"),
    "json": ('a[href$="file=text.json"]', ".cm-line"),
    "folder": ('a[href$="path=many"]', 'a[href*="entry-00000"]'),
}


def measure(*, quick: bool) -> Measured:
    if not (FOLDER / "index.html").is_file():
        raise DidNotStart("There is no web UI to measure: run ./just build-web first.")
    with game_field() as place, place.manager() as (served, api), chromium() as browser:
        place.make_server(api, "home")
        fill(Path(api.get("/api/v1/servers/home")["data_path"]), FILES)
        make_user(api)
        url = f"http://127.0.0.1:{served.port}"
        session = sign_in(browser, url)
        times = {name: [_click(browser, url, session, name) for _round in range(1 if quick else 5)] for name in _CLICKS}
    return Measured(
        [
            Figure("text_editor_ms", round(max(median(times["log"]), median(times["json"]))), 1000, "ms"),
            Figure("folder_page_ms", round(median(times["folder"])), 500, "ms"),
        ],
        {name: [round(ms) for ms in found] for name, found in times.items()},
    )


def _click(browser: Browser, url: str, session: StorageState, name: str) -> float:
    """In a browser that has nothing of the editor yet."""
    with browser.new_context(base_url=url, storage_state=session, viewport={"width": 1440, "height": 900}) as context:
        page = context.new_page()
        page.goto(_AT)
        link, wanted = _CLICKS[name]
        page.wait_for_selector(link, timeout=_PATIENCE_MS)
        page.wait_for_timeout(_REST_MS)  # what the page itself still fetches would be in the way
        return float(page.evaluate(_TIME, [link, wanted]))
