import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import type { Schema } from "../../api/client";
import { downloadText } from "../../lib/download";
import { pretendApi, problem } from "../../testing/pretendApi";
import { renderRoute } from "../../testing/renderRoute";

vi.mock("../../lib/download", () => ({ downloadText: vi.fn() }));

const WAIT = { timeout: 20_000 };
const FACTOR = "GET /api/v1/me/second-factor";
const CODES = ["k3wd-p9ax-bq2m-77rt", "aaaa-bbbb-cccc-dddd"];

const factor = (change: Partial<Schema["SecondFactorView"]> = {}): Schema["SecondFactorView"] => ({
  is_on: true,
  on_since: new Date().toISOString(),
  recovery_codes_left: 10,
  knows_secret: true,
  ...change,
});
const off = factor({ is_on: false, on_since: null, recovery_codes_left: 0 });
const setup: Schema["SecondFactorSetup"] = {
  secret: "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567",
  uri: "otpauth://totp/x",
  qr_svg: "<svg><path d='M0 0'/></svg>",
  expires_in_seconds: 900,
};

const account = (found: unknown, more: Record<string, unknown> = {}) =>
  pretendApi({ "GET /api/v1/sessions": { items: [], next_cursor: null }, [FACTOR]: found, ...more });

/** At once: a dialog that is still opening takes the focus from whoever types. */
const fill = (field: HTMLElement, text: string) => fireEvent.change(field, { target: { value: text } });

async function opened(user: ReturnType<typeof renderRoute>["user"], button: string) {
  await user.click(await screen.findByRole("button", { name: button }, WAIT));
  return within(await screen.findByRole("dialog", {}, WAIT));
}

test("a second factor is set up step by step, and the recovery codes are shown until they are kept", async () => {
  const pretend = account(off, {
    "POST /api/v1/me/second-factor": problem(403, "wrong_password", "The password is wrong.", [
      { field: "password", message: "is not your password" },
    ]),
    "POST /api/v1/me/second-factor/confirm": problem(403, "wrong_code", "The code is wrong.", [
      { field: "code", message: "is wrong" },
    ]),
  });
  const { user } = renderRoute("/account");
  const dialog = await opened(user, "Set up a second factor");
  fill(dialog.getByLabelText("Your password"), "a guess");
  await user.click(dialog.getByRole("button", { name: "Go on" }));
  expect(await dialog.findByText("Is not your password", {}, WAIT)).toBeTruthy();

  pretend.answer("POST /api/v1/me/second-factor", setup);
  fill(dialog.getByLabelText("Your password"), "a long password");
  await user.click(dialog.getByRole("button", { name: "Go on" }));
  const picture = await dialog.findByRole<HTMLImageElement>("img", { name: "QR code for the authenticator app" }, WAIT);
  expect(decodeURIComponent(picture.src)).toBe(`data:image/svg+xml,${setup.qr_svg}`);
  expect(dialog.getByText("ABCD EFGH IJKL MNOP QRST UVWX YZ23 4567")).toBeTruthy();
  expect(pretend.bodyOf("POST /api/v1/me/second-factor")).toEqual({ password: "a long password" });

  fill(dialog.getByLabelText("Code of the app"), "000000");
  await user.click(dialog.getByRole("button", { name: "Turn it on" }));
  expect(await dialog.findByText("Is wrong", {}, WAIT)).toBeTruthy();
  pretend.answer("POST /api/v1/me/second-factor/confirm", { recovery_codes: CODES });
  pretend.answer(FACTOR, factor());
  fill(dialog.getByLabelText("Code of the app"), "123456");
  await user.click(dialog.getByRole("button", { name: "Turn it on" }));
  const codes = within(await dialog.findByRole("list", { name: "Recovery codes" }, WAIT));
  expect(codes.getAllByRole("listitem").map((item) => item.textContent)).toEqual(CODES);
  await user.keyboard("{Escape}");
  expect(dialog.queryByRole("button", { name: "Close" })).toBeNull();
  expect(codes.getAllByRole("listitem")).toHaveLength(2);
  await user.click(dialog.getByRole("button", { name: "I have kept them" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull(), WAIT);
  expect(await screen.findByText("10 recovery codes are left.", {}, WAIT)).toBeTruthy();
  expect(document.body.textContent).not.toContain(CODES[0]);
});

test("recovery codes are copied and kept as a file", async () => {
  const copied = vi.fn(() => Promise.resolve());
  const pretend = account(factor({ recovery_codes_left: 1 }), {
    "POST /api/v1/me/second-factor/recovery-codes": { recovery_codes: CODES },
  });
  const { user } = renderRoute("/account");
  expect(await screen.findByText("One recovery code is left.", {}, WAIT)).toBeTruthy();
  const dialog = await opened(user, "New recovery codes");
  fill(dialog.getByLabelText("Your password"), "a long password");
  fill(dialog.getByLabelText("Code"), "123456");
  await user.click(dialog.getByRole("button", { name: "Make new codes" }));
  const copy = await dialog.findByRole("button", { name: "Copy" }, WAIT);
  Object.defineProperty(navigator, "clipboard", { value: { writeText: copied }, configurable: true });
  await user.click(copy);
  expect(await dialog.findByRole("button", { name: "Copied" })).toBeTruthy();
  expect(copied).toHaveBeenCalledWith(`${CODES.join("\n")}\n`);
  await user.click(dialog.getByRole("button", { name: "Download" }));
  const [name, file] = vi.mocked(downloadText).mock.lastCall ?? [];
  expect(name).toBe("vsmanager-recovery-codes.txt");
  expect(file).toContain("Recovery codes of Anna");
  for (const code of CODES) expect(file).toContain(code);
  expect(pretend.bodyOf("POST /api/v1/me/second-factor/recovery-codes")).toEqual({
    password: "a long password",
    code: "123456",
  });
});

test("turning it off asks for password and code, and says what that means", async () => {
  const pretend = account(factor(), { "DELETE /api/v1/me/second-factor": null });
  const { user } = renderRoute("/account");
  const dialog = await opened(user, "Turn off");
  expect(dialog.getByText(/your password alone lets anybody in/)).toBeTruthy();
  fill(dialog.getByLabelText("Your password"), "a long password");
  fill(dialog.getByLabelText("Code"), "123456");
  pretend.answer(FACTOR, off);
  await user.click(dialog.getByRole("button", { name: "Turn off" }));
  await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull(), WAIT);
  expect(pretend.bodyOf("DELETE /api/v1/me/second-factor")).toEqual({ password: "a long password", code: "123456" });
  expect(await screen.findByRole("button", { name: "Set up a second factor" }, WAIT)).toBeTruthy();
});

test("a lost file of secrets is told, with what helps", async () => {
  account(factor({ knows_secret: false }));
  renderRoute("/account");
  expect(await screen.findByText(/Only your recovery codes work now/, {}, WAIT)).toBeTruthy();
});
