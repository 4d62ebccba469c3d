import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import type { Schema } from "../../api/client";
import { aListedMod, catalogPage } from "../../testing/answers";
import { type PretendApi, pretendApi, problem } from "../../testing/pretendApi";
import { renderRoute } from "../../testing/renderRoute";

const WAIT = { timeout: 20_000 };
const SEARCH = "GET /api/v1/catalog/mods";

function catalogApi(answer: unknown): PretendApi {
  return pretendApi({
    [SEARCH]: answer,
    "GET /api/v1/catalog/tags": { items: [{ name: "QoL", color: null, mods: 7 }], next_cursor: null },
    "GET /api/v1/game-versions": {
      items: [{ version: "1.20.4", minor: "1.20" }],
      next_cursor: null,
      state: "ready",
      data_age_seconds: 1,
      refreshed_at: null,
    },
  });
}

const queryOf = (request: Request) => new URL(request.url).searchParams;
const searchesIn = (pretend: PretendApi) => pretend.calls.filter((call) => call.startsWith(`${SEARCH}?`));
const field = () => screen.findByRole("searchbox", { name: "Search the mods" }, WAIT);

test("the search has the focus, and the mods are there with who made them and how old the list is", async () => {
  catalogApi(catalogPage([aListedMod(1, { name: "Carry On", downloads: 1_234_567 })]));
  renderRoute("/mods");
  const card = await screen.findByRole("listitem", {}, WAIT);
  expect(within(card).getByRole("link", { name: "Carry On" })).toBeTruthy();
  expect(within(card).getByRole("link", { name: "Anna" })).toBeTruthy();
  expect(within(card).getByText("1,234,567 downloads")).toBeTruthy();
  expect(screen.getByText("12 min ago")).toBeTruthy();
  expect(screen.getByText("1 mod")).toBeTruthy();
  expect(document.activeElement).toBe(await field());
});

test("typing asks once per pause, gives up the older question, and shows the answer to the newest", async () => {
  const asked = new Map<string, { signal: AbortSignal; answer: (list: Schema["CatalogList"]) => void }>();
  const pretend = catalogApi((request: Request) => {
    const q = queryOf(request).get("q");
    if (!q) return catalogPage([aListedMod(1)]);
    return new Promise((answer) => asked.set(q, { signal: request.signal, answer }));
  });
  renderRoute("/mods");
  await screen.findByRole("link", { name: "Mod 1" }, WAIT);
  const input = await field();
  const type = (...texts: string[]) => {
    for (const text of texts) fireEvent.change(input, { target: { value: text } });
  };
  const before = searchesIn(pretend).length;

  type("c", "ca", "car");
  await waitFor(() => expect(asked.has("car")).toBe(true), WAIT);
  expect(screen.getByRole("link", { name: "Mod 1" })).toBeTruthy();
  type("carr", "carry");
  await waitFor(() => expect(asked.has("carry")).toBe(true), WAIT);
  expect(searchesIn(pretend).length - before).toBe(2);
  await waitFor(() => expect(asked.get("car")?.signal.aborted).toBe(true), WAIT);

  asked.get("carry")?.answer(catalogPage([aListedMod(3, { name: "The newest" })]));
  expect(await screen.findByRole("link", { name: "The newest" }, WAIT)).toBeTruthy();
  asked.get("car")?.answer(catalogPage([aListedMod(2, { name: "The older" })]));
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(screen.queryByRole("link", { name: "The older" })).toBeNull();
  expect(screen.getByRole("link", { name: "The newest" })).toBeTruthy();
  expect((input as HTMLInputElement).value).toBe("carry");
});

test("the address holds the filters; each is a chip that can be taken away", async () => {
  const pretend = catalogApi(catalogPage([aListedMod(1)]));
  const { user, router } = renderRoute("/mods?q=lamp&side=server&tag=QoL&author=Anna&version=1.21");
  expect(((await field()) as HTMLInputElement).value).toBe("lamp");
  const first = new URLSearchParams(searchesIn(pretend)[0]?.split("?")[1]);
  expect(Object.fromEntries(first)).toMatchObject({
    q: "lamp",
    side: "server",
    tag: "QoL",
    author: "Anna",
    game_version: "v1.21",
  });

  await user.click(await screen.findByRole("button", { name: "Remove the filter Side: Server" }, WAIT));
  await waitFor(() => expect(router.state.location.search).not.toHaveProperty("side"), WAIT);
  expect(screen.queryByRole("button", { name: "Remove the filter Side: Server" })).toBeNull();
  expect(screen.getByRole("group", { name: "Filters" }).contains(document.activeElement)).toBe(true);

  await user.click(screen.getByRole("button", { name: "Clear all" }));
  await waitFor(() => expect(router.state.location.search).toEqual({}), WAIT);
  expect(((await field()) as HTMLInputElement).value).toBe("");
});

test("choosing a game version keeps its zero in the address", async () => {
  const pretend = catalogApi(catalogPage([aListedMod(1)]));
  const { user, router } = renderRoute("/mods");
  await screen.findByRole("link", { name: "Mod 1" }, WAIT);
  await user.click(screen.getByRole("button", { name: "Game version" }));
  await user.click(await screen.findByRole("option", { name: "1.20", hidden: true }, WAIT));
  expect(await screen.findByRole("button", { name: "Remove the filter For 1.20" }, WAIT)).toBeTruthy();
  expect(router.state.location.href).toContain("version=v1.20");
  await waitFor(() => expect(searchesIn(pretend).at(-1)).toContain("game_version=v1.20"), WAIT);
});

test("the author on a card filters by that author", async () => {
  catalogApi(catalogPage([aListedMod(1, { author: "Berta" })]));
  const { user } = renderRoute("/mods");
  await user.click(await screen.findByRole("link", { name: "Berta" }, WAIT));
  expect(await screen.findByRole("button", { name: "Remove the filter Author: Berta" }, WAIT)).toBeTruthy();
});

test("the next page comes by itself, and the list tells how long it is", async () => {
  catalogApi((request: Request) =>
    queryOf(request).get("cursor")
      ? catalogPage([aListedMod(2, { name: "On page two" })], { total: 2 })
      : catalogPage([aListedMod(1)], { next_cursor: "next", total: 2 }),
  );
  renderRoute("/mods");
  expect(await screen.findByRole("link", { name: "On page two" }, WAIT)).toBeTruthy();
  const cards = screen.getAllByRole("listitem");
  expect(cards.map((card) => [card.getAttribute("aria-posinset"), card.getAttribute("aria-setsize")])).toEqual([
    ["1", "2"],
    ["2", "2"],
  ]);
});

test("thousands of mods are not all in the page", async () => {
  catalogApi(catalogPage(Array.from({ length: 2000 }, (_, index) => aListedMod(index + 1))));
  renderRoute("/mods");
  await screen.findByRole("link", { name: "Mod 1" }, WAIT);
  expect(screen.getAllByRole("listitem").length).toBeLessThan(100);
});

test("arrow keys go from card to card and back to the search, the slash goes there, too, and Enter opens", async () => {
  catalogApi(catalogPage([aListedMod(1), aListedMod(2), aListedMod(3)]));
  const { user, router } = renderRoute("/mods");
  await screen.findByRole("link", { name: "Mod 3" }, WAIT);
  const search = await field();
  search.focus();
  await user.keyboard("{ArrowDown}");
  expect(document.activeElement).toBe(screen.getByRole("link", { name: "Mod 1" }));
  await user.keyboard("{ArrowRight}{ArrowDown}");
  expect(document.activeElement).toBe(screen.getByRole("link", { name: "Mod 3" }));
  await user.keyboard("{ArrowLeft}{ArrowLeft}{ArrowUp}");
  expect(document.activeElement).toBe(search);
  screen.getByRole("link", { name: "Mod 2" }).focus();
  await user.keyboard("/");
  expect(document.activeElement).toBe(search);
  expect((search as HTMLInputElement).value).toBe("");
  screen.getByRole("link", { name: "Mod 2" }).focus();
  await user.keyboard("{Enter}");
  await waitFor(() => expect(router.state.location.pathname).toBe("/mods/2"), WAIT);
});

test("coming back finds the loaded pages, and the focus on the mod one came from", async () => {
  const pretend = catalogApi((request: Request) =>
    queryOf(request).get("cursor")
      ? catalogPage([aListedMod(2)], { total: 2 })
      : catalogPage([aListedMod(1)], { next_cursor: "next", total: 2 }),
  );
  const { user, router } = renderRoute("/mods?side=both");
  await user.click(await screen.findByRole("link", { name: "Mod 2" }, WAIT));
  await user.click(await screen.findByRole("link", { name: "All mods" }, WAIT));
  const card = await screen.findByRole("link", { name: "Mod 2" }, WAIT);
  await waitFor(() => expect(document.activeElement).toBe(card), WAIT);
  expect(router.state.location.search).toEqual({ side: "both" });
  expect(searchesIn(pretend).length).toBe(2);
});

test("nothing found says so and leads back to everything", async () => {
  catalogApi((request: Request) => (queryOf(request).get("q") ? catalogPage([]) : catalogPage([aListedMod(1)])));
  const { user } = renderRoute("/mods?q=zzzz");
  await user.click(await screen.findByRole("button", { name: "Show all mods" }, WAIT));
  expect(await screen.findByRole("link", { name: "Mod 1" }, WAIT)).toBeTruthy();
});

test("a catalogue that is being filled says so, and shows the mods when they are there", async () => {
  let isFilled = false;
  catalogApi(() =>
    isFilled ? catalogPage([aListedMod(1)]) : catalogPage([], { state: "filling", refreshed_at: null }),
  );
  renderRoute("/mods");
  expect(await screen.findByRole("heading", { name: "The catalogue is being filled" }, WAIT)).toBeTruthy();
  isFilled = true;
  expect(await screen.findByRole("link", { name: "Mod 1" }, WAIT)).toBeTruthy();
});

test("a catalogue that could not be fetched leads to the job", async () => {
  catalogApi(catalogPage([], { state: "unavailable", refreshed_at: null }));
  renderRoute("/mods");
  expect(await screen.findByRole("heading", { name: "There is no catalogue yet" }, WAIT)).toBeTruthy();
  expect(screen.getByRole("link", { name: "See the job" }).getAttribute("href")).toBe("/jobs/mod_cache_refresh");
});

test("a filter that the mod database does not know is explained", async () => {
  catalogApi(problem(422, "invalid_query", "tag: no", [{ field: "tag", message: "the mod database has no tag 'x'" }]));
  renderRoute("/mods?tag=x");
  expect(await screen.findByText("The mod database has no tag 'x'", {}, WAIT)).toBeTruthy();
});

test("an error can be tried again", async () => {
  const pretend = catalogApi(problem(503, "catalog_unreadable", "The catalogue can't be read."));
  const { user } = renderRoute("/mods");
  expect(await screen.findByText(/The catalogue can't be read/, {}, WAIT)).toBeTruthy();
  pretend.answer(SEARCH, catalogPage([aListedMod(1)]));
  await user.click(screen.getByRole("button", { name: "Try again" }));
  expect(await screen.findByRole("link", { name: "Mod 1" }, WAIT)).toBeTruthy();
});

test("markup in name, author and summary is text", async () => {
  const markup = '<img src=x onerror="document.title=1"><b>bold</b>';
  catalogApi(catalogPage([aListedMod(1, { name: markup, author: markup, summary: markup, tags: [markup] })]));
  renderRoute("/mods");
  const card = await screen.findByRole("listitem", {}, WAIT);
  expect(card.querySelector("img, b")).toBeNull();
  expect(within(card).getAllByText(markup).length).toBeGreaterThanOrEqual(3);
});

test("a logo that does not come becomes the initials", async () => {
  catalogApi(catalogPage([aListedMod(1, { name: "Better Ruins", logo_url: "/api/v1/catalog/mods/1/logo" })]));
  const { container } = renderRoute("/mods");
  await screen.findByRole("listitem", {}, WAIT);
  container.querySelector("li img")?.dispatchEvent(new Event("error"));
  expect(await screen.findByText("BR", {}, WAIT)).toBeTruthy();
});
