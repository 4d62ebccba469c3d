import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { ForeignHtml } from "./ForeignHtml";

function shown(html: string): HTMLElement {
  const { container } = render(<ForeignHtml html={html} below={2} />);
  return container;
}

test.each([
  ["<script>document.title='in'</script>safe", "script"],
  ["<img src=x onerror=\"document.title='in'\">safe", "img"],
  ["<style>body{display:none}</style>safe", "style"],
  ['<iframe src="https://example.com"></iframe>safe', "iframe"],
  ["<svg onload=\"document.title='in'\"><a href='javascript:1'>x</a></svg>safe", "svg"],
  ["<math><mtext><a href='javascript:1'>x</a></mtext></math>safe", "math"],
  ['<object data="https://example.com"></object>safe', "object"],
  ['<form action="https://example.com"><input name="password"></form>safe', "form, input"],
  ['<template><script>1</script></template>safe<meta http-equiv="refresh" content="0">', "template, meta, script"],
])("%s leaves only its text", (html, dangerous) => {
  const container = shown(html);
  expect(container.querySelector(dangerous)).toBeNull();
  expect(container.querySelector("a")).toBeNull();
  expect(container.textContent).toBe("safe");
  expect(document.title).not.toBe("in");
});

test.each([
  "javascript:alert(1)",
  " java\tscript:alert(1)",
  "data:text/html,x",
  "/api/v1/session",
  "//example.com",
  "vbscript:x",
])("a link to %s is text", (href) => {
  const container = shown(`<p><a href="${href}">click</a></p>`);
  expect(container.querySelector("a")).toBeNull();
  expect(container.textContent).toBe("click");
});

test("a link to the web opens elsewhere and passes nothing on", () => {
  shown('<a href="https://example.com/wiki" target="_self" onclick="steal()" style="position:fixed" ping="x">wiki</a>');
  const link = screen.getByRole("link", { name: "wiki" });
  expect(link.getAttributeNames().sort()).toEqual(["href", "rel", "target"]);
  expect(link.getAttribute("target")).toBe("_blank");
  expect(link.getAttribute("rel")).toBe("noopener noreferrer nofollow");
});

test("no attribute of the author stays", () => {
  const container = shown('<p style="position:fixed;inset:0" class="mantine" id="main" onmouseover="x()">text</p>');
  expect(container.querySelector("p")?.getAttributeNames()).toEqual([]);
});

test("headings go below those of the page, step by step", () => {
  shown("<h1>One</h1><h4>Two</h4><h1>Three</h1>");
  const levels = screen.getAllByRole("heading").map((heading) => [heading.textContent, heading.localName]);
  expect(levels).toEqual([
    ["One", "h3"],
    ["Two", "h4"],
    ["Three", "h3"],
  ]);
});

test("a first heading that is a deep one does not skip a level", () => {
  shown("<h3>Small</h3><h1>Large</h1>");
  expect(screen.getAllByRole("heading").map((heading) => heading.localName)).toEqual(["h3", "h3"]);
});

test("lists, tables and line breaks stay", () => {
  const container = shown(
    '<ul><li>one</li></ul><table><tbody><tr><td colspan="2">cell</td></tr></tbody></table>a<br>b<details><summary>more</summary>x</details>',
  );
  expect(screen.getByRole("listitem").textContent).toBe("one");
  expect(screen.getByRole("cell").getAttribute("colspan")).toBe("2");
  expect(container.querySelector("br")).not.toBeNull();
  expect(screen.getByText("more").localName).toBe("summary");
});

test("markup nested beyond reason becomes text", () => {
  expect(shown(`${"<b>".repeat(3000)}deep`).textContent).toBe("deep");
});
