import { Button, MantineProvider } from "@mantine/core";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test, vi } from "vitest";
import { FileChooser } from "./FileChooser";

test("the same file can be chosen again, because it may be another by now", async () => {
  const onChange = vi.fn();
  render(
    <MantineProvider>
      <FileChooser multiple onChange={onChange}>
        {(props) => <Button {...props}>Choose</Button>}
      </FileChooser>
    </MantineProvider>,
  );
  const input = document.querySelector<HTMLInputElement>('input[type="file"]');
  const user = userEvent.setup();
  await user.upload(input as HTMLInputElement, new File(["one"], "a.txt"));
  expect(onChange.mock.calls[0]?.[0]).toHaveLength(1);
  expect(input?.files).toHaveLength(1);
  // Browsers tell nothing when what is chosen is what was chosen before.
  await user.click(screen.getByRole("button", { name: "Choose" }));
  expect(input?.files).toHaveLength(0);
  expect(onChange).toHaveBeenCalledOnce();
});
