import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { Sparkline } from "./Sparkline";

const lines = () =>
  [...document.querySelectorAll('path[vector-effect="non-scaling-stroke"]')].map((path) => path.getAttribute("d"));

test("a gap stays open, a single value is seen, and what is above the top fills the height", () => {
  render(<Sparkline values={[0, 5, null, 10, null, null, 30]} top={10} label="Players" />);
  expect(lines()).toEqual(["M0,100H1L1,50H2", "M3,0H4", "M6,0H7"]);
});

test("nothing known draws nothing, and keeps its words", () => {
  render(<Sparkline values={[null, null]} top={10} label="Nothing was measured" />);
  expect(lines()).toEqual([]);
  expect(screen.getByRole("img", { name: "Nothing was measured" })).toBeTruthy();
});

test("who points at it reads what it shows", async () => {
  const user = userEvent.setup();
  render(<Sparkline values={[1]} top={10} label="At most 1 at one time" />);
  await user.hover(screen.getByRole("img"));
  expect(screen.getByRole("tooltip").textContent).toBe("At most 1 at one time");
  await user.unhover(screen.getByRole("img"));
  expect(screen.queryByRole("tooltip")).toBeNull();
});
