import { screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import type { Schema } from "../../api/client";
import { pretendApi, problem } from "../../testing/pretendApi";
import { renderRoute } from "../../testing/renderRoute";

const WAIT = { timeout: 20_000 };
const READ = "GET /api/v1/catalog/mods/7";

const release = (id: number, change: Partial<Schema["CatalogRelease"]> = {}): Schema["CatalogRelease"] => ({
  id,
  version: `1.0.${id}`,
  is_prerelease: false,
  modid: "carryon",
  game_versions: ["1.21.0", "1.21.1", "1.21.2", "1.20.4"],
  created: "2026-01-02T03:04:05Z",
  downloads: 4321,
  file_id: id,
  file_name: "carryon.zip",
  changelog_html: "",
  ...change,
});

const mod = (change: Partial<Schema["CatalogMod"]> = {}): Schema["CatalogMod"] => ({
  id: 7,
  asset_id: 7,
  name: "Carry On",
  summary: "Carry things",
  author: "Anna",
  modids: ["carryon"],
  side: "server",
  type: "mod",
  tags: ["QoL"],
  downloads: 12_345,
  follows: 67,
  comments: 8,
  trending_points: 9,
  logo_url: null,
  url_alias: "carryon",
  page_url: "https://mods.example.com/carryon",
  last_released: null,
  created: null,
  description_html: "<h1>Usage</h1><p>Sneak and <b>click</b>.</p>",
  homepage_url: "https://example.com/home",
  source_code_url: "javascript:alert(1)",
  issue_tracker_url: null,
  wiki_url: null,
  trailer_video_url: null,
  screenshot_urls: ["https://elsewhere.example.com/1.png"],
  releases: [release(1)],
  listed: true,
  also: [],
  stale: false,
  fetched_at: "2026-01-02T03:04:05Z",
  ...change,
});

test("a mod's page tells what it is, who made it, and for which versions its releases are", async () => {
  pretendApi({ [READ]: mod() });
  renderRoute("/mods/7");
  expect(await screen.findByRole("heading", { level: 1, name: "Carry On" }, WAIT)).toBeTruthy();
  const facts = await screen.findByRole("complementary", { name: "About this mod" }, WAIT);
  expect(within(facts).getByRole("link", { name: "Anna" }).getAttribute("href")).toBe("/mods?author=Anna");
  expect(within(facts).getByText("12,345")).toBeTruthy();
  expect(within(facts).getByText("67")).toBeTruthy();
  const table = screen.getByRole("table");
  expect(within(table).getByText("1.21.0–1.21.2, 1.20.4")).toBeTruthy();
  expect(within(table).getByText("4,321")).toBeTruthy();
  expect(screen.getByRole("heading", { level: 3, name: "Usage" })).toBeTruthy();
});

test("the latest release is the highest that is no pre-release, and a pre-release is marked", async () => {
  pretendApi({ [READ]: mod({ releases: [release(9, { version: "2.0.0-rc.1", is_prerelease: true }), release(5)] }) });
  renderRoute("/mods/7");
  const facts = await screen.findByRole("complementary", { name: "About this mod" }, WAIT);
  expect(within(facts).getByText("1.0.5")).toBeTruthy();
  expect(within(screen.getByRole("table")).getByText("pre-release")).toBeTruthy();
});

test("links leave in a new tab, and only to the web; no picture comes from elsewhere", async () => {
  pretendApi({ [READ]: mod() });
  const { container } = renderRoute("/mods/7");
  await screen.findByRole("complementary", { name: "About this mod" }, WAIT);
  const official = screen.getByRole("link", { name: /Open in the mod database/ });
  expect(official.getAttribute("href")).toBe("https://mods.example.com/carryon");
  expect(official.getAttribute("target")).toBe("_blank");
  expect(official.getAttribute("rel")).toContain("noopener");
  expect(screen.queryByRole("link", { name: /Source code/ })).toBeNull();
  expect(screen.getByRole("link", { name: /Home page/ })).toBeTruthy();
  expect(container.querySelector("[href^='javascript:'], img[src^='http']")).toBeNull();
});

test("a hostile description is harmless", async () => {
  const hostile = `<script>document.title="in"</script><img src=x onerror="document.title='in'"><iframe src="https://e.example"></iframe>
    <svg onload="1"></svg><style>*{display:none}</style><a href="javascript:1">click</a><p onclick="1" style="position:fixed">text</p>`;
  pretendApi({ [READ]: mod({ description_html: hostile }) });
  const { container } = renderRoute("/mods/7");
  const text = await screen.findByText("text", {}, WAIT);
  expect(text.getAttributeNames()).toEqual([]);
  const main = container.querySelector("main");
  expect(main?.querySelector("script, img, iframe, style, [onerror], [onload], [onclick]")).toBeNull();
  expect(screen.getByText(/click/).closest("a")).toBeNull();
  expect(document.title).toContain("Carry On");
});

test("the changes of a release open below it", async () => {
  pretendApi({
    [READ]: mod({ releases: [release(3, { changelog_html: "<p>Fixed the lamp</p><script>1</script>" })] }),
  });
  const { user } = renderRoute("/mods/7");
  const toggle = await screen.findByRole("button", { name: "Changes in 1.0.3" }, WAIT);
  expect(screen.queryByText("Fixed the lamp")).toBeNull();
  await user.click(toggle);
  expect(screen.getByText("Fixed the lamp")).toBeTruthy();
  expect(toggle.getAttribute("aria-expanded")).toBe("true");
});

test("many releases come when asked for", async () => {
  const releases = Array.from({ length: 40 }, (_, index) => release(index + 1));
  pretendApi({ [READ]: mod({ releases }) });
  const { user } = renderRoute("/mods/7");
  const table = await screen.findByRole("table", {}, WAIT);
  expect(within(table).getAllByRole("row").length).toBeLessThan(40);
  await user.click(screen.getByRole("button", { name: "Show all 40 releases" }));
  expect(within(table).getAllByRole("row").length).toBe(41);
});

test("a mod that is gone explains itself and leads back", async () => {
  pretendApi({ [READ]: problem(404, "mod_not_found", "The mod database has no mod '7'.") });
  renderRoute("/mods/7");
  expect(await screen.findByRole("heading", { name: "This is not here (any more)" }, WAIT)).toBeTruthy();
  expect(screen.getByText("The mod database has no mod '7'.")).toBeTruthy();
  expect(screen.getByRole("link", { name: "All mods" }).getAttribute("href")).toBe("/mods");
});

test("what is no longer listed, or could not be asked, is told", async () => {
  pretendApi({ [READ]: mod({ listed: false, stale: true, also: [{ id: 8, name: "Carry Off" }] }) });
  renderRoute("/mods/7");
  expect(await screen.findByText(/no longer in the list/, {}, WAIT)).toBeTruthy();
  expect(screen.getByText(/could not be asked/)).toBeTruthy();
  expect(screen.getByRole("link", { name: "Carry Off" }).getAttribute("href")).toBe("/mods/8");
});

test("while the mod database is away the page can be tried again", async () => {
  const pretend = pretendApi({ [READ]: problem(503, "upstream_unreachable", "The mod database does not answer.") });
  const { user } = renderRoute("/mods/7");
  expect(await screen.findByText(/does not answer/, {}, WAIT)).toBeTruthy();
  pretend.answer(READ, mod());
  await user.click(screen.getByRole("button", { name: "Try again" }));
  await waitFor(() => expect(screen.getByRole("heading", { level: 1, name: "Carry On" })).toBeTruthy(), WAIT);
});
