import { screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { pretendApi } from "../testing/pretendApi";
import { renderRoute } from "../testing/renderRoute";

test("a page opens for someone who is signed in, and names the browser's tab", async () => {
  pretendApi();
  renderRoute("/jobs");
  expect(await screen.findByRole("heading", { level: 1, name: "Jobs" })).toBeTruthy();
  expect(document.title).toBe("Jobs · Vintage Story Server Manager");
});

test("an address that does not exist says so", async () => {
  pretendApi();
  renderRoute("/nowhere");
  expect(await screen.findByRole("heading", { level: 1, name: "No such page" })).toBeTruthy();
});
