"""How soon each page can be used with a cold cache, and how soon a typed letter of a search shows its results; in a browser.

Needs the web UI (`./just build-web`) and a Chromium or Chrome.
"""

import http.client
import json
from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, StorageState, sync_playwright

from figures import Figure, Measured, median, percentile
from processes import Api, DidNotStart, make_token, manager, stocked
from vintagestory_api.access.roles import Role
from vintagestory_api.web_ui import FOLDER

PAGES = {
    "overview": "/",
    "jobs": "/jobs",
    "job": "/jobs/mod_cache_refresh",
    "runs": "/runs",
    "mods": "/mods",
    "game-versions": "/game-versions",
    "settings": "/settings",
    "access": "/access",
    "audit": "/audit",
    "account": "/account",
}
TYPED = ("copper", "storage", "better")
_USER = {"name": "bench", "password": "a password for a benchmark", "role": "admin"}
_PATIENCE_MS = 30_000

# A page is usable when it has its heading and nothing says that it is still being loaded. Counted when that has been painted.
_NOTE_WHEN_USABLE = """
(() => {
  window.__usable = null;
  const isUsable = () => document.querySelector("h1") !== null && document.querySelector("[aria-busy=true]") === null;
  const look = () => {
    if (!isUsable()) window.__usable = null;
    else if (window.__usable === null) {
      window.__usable = Infinity;
      requestAnimationFrame(() => setTimeout(() => { if (isUsable()) window.__usable = performance.now(); }, 0));
    }
  };
  new MutationObserver(look).observe(document, { subtree: true, childList: true, attributeFilter: ["aria-busy"] });
})();
"""

# Results are shown when the answer to what is typed has come, and the page with it has been painted.
_NOTE_WHEN_FOUND = """
(() => {
  const answered = new Set();
  const fetch = window.fetch;
  const wordOf = (address) => new URL(address, location.href).searchParams.get("q");
  window.fetch = async (request, ...rest) => {
    const answer = await fetch(request, ...rest);
    answered.add(wordOf(request.url ?? request));
    return answer;
  };
  const found = (window.__found = { word: null, typed: null, shown: null });
  const isShown = () => found.typed !== null && answered.has(found.word) && wordOf(location.href) === found.word
    && document.querySelector("[aria-busy=true]") === null;
  const look = () => {
    if (found.shown !== null || !isShown()) return;
    requestAnimationFrame(() => setTimeout(() => { if (isShown()) found.shown ??= performance.now(); }, 0));
  };
  addEventListener("keydown", () => { found.typed = performance.now(); }, true);
  new MutationObserver(look).observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
})();
"""


def measure(*, quick: bool) -> Measured:
    rounds = 1 if quick else 7
    if not (FOLDER / "index.html").is_file():
        raise DidNotStart("There is no web UI to measure: run ./just build-web first.")
    with stocked(200 if quick else 5000) as stock, manager(stock.data_dir, stock.upstream.url) as served, chromium() as browser:
        make_user(Api(served.port, make_token(stock.data_dir, Role.ADMIN)))
        url = f"http://127.0.0.1:{served.port}"
        session = sign_in(browser, url)
        looked_at = {name: PAGES[name] for name in ("overview", "mods")} if quick else PAGES
        pages = {name: [usable_after(browser, url, path, session) for _ in range(rounds)] for name, path in looked_at.items()}
        typed = [ms for word in (["old"] if quick else TYPED) for ms in results_after(browser, url, session, word)]
    medians = {name: round(median(seconds), 3) for name, seconds in pages.items()}
    return Measured(
        [
            Figure("page_usable_seconds", max(medians.values()), 1.5, "s"),
            Figure("search_typing_ms", round(percentile(typed, 0.95)), 150, "ms"),
        ],
        {
            "usable_seconds": medians,
            "usable_seconds_all": {name: [round(value, 3) for value in seconds] for name, seconds in pages.items()},
            "typing_ms": [round(ms) for ms in typed],
        },
    )


@contextmanager
def chromium() -> Iterator[Browser]:
    from tests.e2e.browser import find_browser  # noqa: PLC0415 - not everybody who lists the benchmarks has it on the path

    path = find_browser()
    if path is None:
        raise DidNotStart("There is no Chromium or Chrome on PATH to measure with.")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path)
        try:
            yield browser
        finally:
            browser.close()


def make_user(api: Api) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", api.port, timeout=_PATIENCE_MS / 1000)
    headers = {"Authorization": f"Bearer {api.token}", "Content-Type": "application/json"}
    connection.request("POST", "/api/v1/users", json.dumps(_USER), headers)
    answer = connection.getresponse()
    if answer.status != 201:
        raise RuntimeError(f"the user could not be made: {answer.read().decode()}")
    connection.close()


def sign_in(browser: Browser, url: str) -> StorageState:
    with browser.new_context(base_url=url) as context:
        answer = context.request.post(
            "/api/v1/session", data={key: _USER[key] for key in ("name", "password")}, headers={"Origin": url}
        )
        if not answer.ok:
            raise RuntimeError(f"nobody could sign in: {answer.text()}")
        return context.storage_state()


def usable_after(browser: Browser, url: str, path: str, session: StorageState) -> float:
    """Seconds from the navigation until the page can be used, in a browser that has nothing of it in its cache."""
    with browser.new_context(base_url=url, storage_state=session, viewport={"width": 1440, "height": 900}) as context:
        page = context.new_page()
        page.add_init_script(_NOTE_WHEN_USABLE)
        page.goto(path)
        page.wait_for_function("() => Number.isFinite(window.__usable)", timeout=_PATIENCE_MS)
        page.wait_for_load_state("networkidle")
        return float(page.evaluate("() => window.__usable")) / 1000


def results_after(browser: Browser, url: str, session: StorageState, word: str) -> list[float]:
    """Milliseconds from each key to what it has found, for a word that is typed letter by letter."""
    with browser.new_context(base_url=url, storage_state=session, viewport={"width": 1440, "height": 900}) as context:
        page = context.new_page()
        page.add_init_script(_NOTE_WHEN_FOUND)
        page.goto("/mods")
        page.wait_for_load_state("networkidle")
        page.get_by_role("searchbox").focus()
        return [_results_after_key(page, word[:end]) for end in range(1, len(word) + 1)]


def _results_after_key(page: Page, typed: str) -> float:
    page.evaluate("(word) => { Object.assign(window.__found, { word, typed: null, shown: null }); }", typed)
    page.keyboard.press(typed[-1])
    page.wait_for_function("() => window.__found.shown !== null", timeout=_PATIENCE_MS)
    return float(page.evaluate("() => window.__found.shown - window.__found.typed"))
