import { MantineProvider } from "@mantine/core";
import { render, screen, waitFor } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { createRef, useState } from "react";
import { expect, test, vi } from "vitest";
import { CodeComparison } from "./CodeComparison";
import { CodeEditor, type CodeEditorHandle } from "./CodeEditor";
import { languageOf } from "./language";

const WAIT = { timeout: 30_000 };

test("tells the language of a file by its name", () => {
  expect(languageOf("ModConfig/a.JSON")).toBe("json");
  expect(languageOf("a.json5")).toBe("json");
  expect(languageOf("a.yml")).toBe("yaml");
  expect(languageOf("Logs/server-main.log")).toBe("log");
  expect(languageOf("Logs/server-main.txt")).toBe("log");
  expect(languageOf("readme.txt")).toBe("plain");
});

test("shows a text with its name, takes another from outside, and marks the line with a mistake", async () => {
  function Owner() {
    const [text, setText] = useState("{\n  // a note\n  a: 1\n}");
    return (
      <MantineProvider>
        <CodeEditor label="Text of a.json" language="json" value={text} wrongLine={3} />
        <button type="button" onClick={() => setText("other")}>
          change
        </button>
      </MantineProvider>
    );
  }
  const { container } = render(<Owner />);
  const field = await screen.findByRole("textbox", { name: "Text of a.json" }, WAIT);
  await waitFor(() => expect(container.querySelector(".cm-wrongLine")?.textContent).toBe("  a: 1"), WAIT);
  await userEvent.click(screen.getByText("change"));
  await waitFor(() => expect(field.textContent).toContain("other"), WAIT);
});

test("tells what is written, and saves with the keys for it", async () => {
  const onChange = vi.fn();
  const onSave = vi.fn();
  const handle = createRef<CodeEditorHandle>();
  render(
    <MantineProvider>
      <CodeEditor handle={handle} label="Text" language="plain" value="{" onChange={onChange} onSave={onSave} />
    </MantineProvider>,
  );
  await screen.findByRole("textbox", { name: "Text" }, WAIT);
  handle.current?.goTo(1);
  await userEvent.keyboard("{Control>}s{/Control}");
  expect(onSave).toHaveBeenCalledOnce();
  await userEvent.keyboard("{Enter}");
  await waitFor(() => expect(onChange).toHaveBeenCalled(), WAIT);
  expect(onChange.mock.lastCall?.[0]).toBe("{\n  ");
});

test("compares two texts, of which one can't be changed", async () => {
  render(
    <MantineProvider>
      <CodeComparison
        before="same\nold"
        beforeLabel="Theirs"
        after="same\nnew"
        afterLabel="Yours"
        onChange={() => {}}
        language="plain"
      />
    </MantineProvider>,
  );
  const theirs = await screen.findByRole("textbox", { name: "Theirs" }, WAIT);
  expect(theirs.getAttribute("contenteditable")).toBe("false");
  expect(screen.getByRole("textbox", { name: "Yours" })).toBeTruthy();
});
