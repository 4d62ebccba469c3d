import { act, screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import type { Schema } from "../../api/client";
import { jobList } from "../../testing/answers";
import { pretendApi, problem, signedIn } from "../../testing/pretendApi";
import { pretendEvents } from "../../testing/pretendEvents";
import { renderRoute } from "../../testing/renderRoute";

type Field = Schema["SettingField"];

const interval: Field = {
  name: "mod_list_refresh_interval",
  title: "Refresh the mod catalogue every",
  group: "Data from outside",
  description: "How often the list of mods is fetched.",
  kind: "interval",
  unit: "seconds",
  minimum: 60,
  maximum: 31_536_000,
  zero_means: "off",
  choices: [],
  default: 3600,
  value: 3600,
};
const days: Field = {
  ...interval,
  name: "run_history_days",
  title: "Keep runs for",
  group: "History",
  description: "For how many days ended runs are kept.",
  kind: "number",
  unit: "days",
  minimum: 0,
  maximum: 36_500,
  zero_means: "no limit",
  default: 90,
  value: 30,
};
const contact: Field = {
  ...interval,
  name: "upstream_contact",
  title: "Your contact",
  description: "Whom the operators of the mod database can ask.",
  kind: "text",
  unit: null,
  minimum: null,
  maximum: 200,
  zero_means: null,
  default: "",
  value: "",
};

const rule: Field = {
  ...contact,
  name: "require_second_factor",
  title: "Who needs a second factor",
  group: "Access",
  kind: "choice",
  maximum: null,
  choices: [
    { value: "off", label: "nobody" },
    { value: "admins", label: "admins" },
  ],
  default: "off",
  value: "off",
};

/** The manager with these settings, which it changes as it is told to. */
function withSettings(role: Schema["Role"] = "admin", broken: string | null = null) {
  let fields = [interval, days, contact, rule];
  let told = broken;
  const set = (values: Record<string, number | string>) => {
    fields = fields.map((field) => ({ ...field, value: values[field.name] ?? field.value }));
    return Object.fromEntries(fields.map((field) => [field.name, field.value]));
  };
  const manager = pretendApi({
    "GET /api/v1/session": signedIn(role),
    "GET /api/v1/jobs": jobList(),
    "GET /api/v1/settings/fields": () => ({ problem: told, items: fields, next_cursor: null }),
    "PATCH /api/v1/settings": async (request: Request) => {
      const change = await request.json();
      if (change.run_history_days > 36_500) {
        return problem(422, "settings_invalid", "These settings can't be used; nothing was changed.", [
          { field: "run_history_days", message: "Input should be less than or equal to 36500" },
        ]);
      }
      return set(change);
    },
    "POST /api/v1/settings/reset": () => {
      told = null;
      return { settings: set({ run_history_days: 90 }), kept_as: "api-settings.json.broken-1" };
    },
  });
  return { manager, set };
}

const input = (field: Field) => screen.findByRole<HTMLInputElement>("textbox", { name: field.title });

async function write(user: ReturnType<typeof renderRoute>["user"], field: Field, text: string) {
  const box = await input(field);
  await user.clear(box);
  if (text) await user.type(box, text);
  return box;
}

test("each setting stands in its group with its meaning, limits and default", async () => {
  withSettings();
  renderRoute("/settings");
  expect((await input(interval)).value).toBe("1");
  expect(screen.getAllByRole("heading", { level: 2 }).map((heading) => heading.textContent)).toEqual([
    "Data from outside",
    "History",
    "Access",
  ]);
  expect(screen.getByText("How often the list of mods is fetched.")).toBeTruthy();
  expect(screen.getByText("From 1 minute to 365 days. 0 means off. Default: 1 hour.")).toBeTruthy();
  expect(screen.getByText(/^At most 36,500 days\. 0 means no limit\. Default: 90 days\./)).toBeTruthy();
  expect(screen.getByText("Up to 200 characters. Default: empty.")).toBeTruthy();
});

test("saving sends only what was changed, and says what that was", async () => {
  const { manager } = withSettings();
  const { user } = renderRoute("/settings");
  await write(user, interval, "2");
  await write(user, contact, "ada@example.org");
  expect(screen.getByText("2 unsaved changes")).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Save" }));
  expect(await screen.findByText("Saved")).toBeTruthy();
  expect(manager.bodyOf("PATCH /api/v1/settings")).toEqual({
    mod_list_refresh_interval: 7200,
    upstream_contact: "ada@example.org",
  });
  expect(screen.getByText("Refresh the mod catalogue every: 1 hour → 2 hours")).toBeTruthy();
  expect(screen.queryByText("2 unsaved changes")).toBeNull();
});

test("what the manager refuses is told at its field; the others keep what was typed", async () => {
  withSettings();
  const { user } = renderRoute("/settings");
  await write(user, interval, "2");
  const box = await write(user, days, "99999");
  await user.click(screen.getByRole("button", { name: "Save" }));
  const message = await screen.findByText("Input should be less than or equal to 36500");
  expect(box.getAttribute("aria-invalid")).toBe("true");
  expect(box.getAttribute("aria-describedby")).toContain(message.id);
  expect(box.value).toBe("99999");
  expect((await input(interval)).value).toBe("2");
  expect((await input(interval)).getAttribute("aria-invalid")).not.toBe("true");
});

test("what is no number is not even sent", async () => {
  const { manager } = withSettings();
  const { user } = renderRoute("/settings");
  await write(user, days, "many");
  expect(screen.getByText("Give a whole number.")).toBeTruthy();
  expect(screen.getByRole("button", { name: "Save" })).toHaveProperty("disabled", true);
  await user.type(await input(days), "{Enter}");
  expect(manager.calls).not.toContain("PATCH /api/v1/settings");
});

test("a single setting goes back to its default, and all changes can be discarded", async () => {
  withSettings();
  const { user } = renderRoute("/settings");
  await user.click(await screen.findByRole("button", { name: "Reset to default: Keep runs for" }));
  expect((await input(days)).value).toBe("90");
  expect(screen.getByText("Keep runs for: 30 days → 90 days")).toBeTruthy();
  await user.click(screen.getByRole("button", { name: "Discard" }));
  expect((await input(days)).value).toBe("30");
  expect(screen.queryByRole("button", { name: "Reset to default: Refresh the mod catalogue every" })).toBeNull();
});

test("while the manager is away, what was typed stays, and can be saved when it is back", async () => {
  const { manager } = withSettings();
  const { user } = renderRoute("/settings");
  await write(user, days, "14");
  manager.goAway();
  await user.click(screen.getByRole("button", { name: "Save" }));
  const refusal = await screen.findByRole("alert");
  expect(within(refusal).getByText(/The manager does not answer/)).toBeTruthy();
  expect((await input(days)).value).toBe("14");
  manager.comeBack();
  await user.click(screen.getByRole("button", { name: "Save" }));
  expect(await screen.findByText("Saved")).toBeTruthy();
});

test("a change by someone else arrives, and does not touch what is being typed", async () => {
  const { set } = withSettings();
  const streams = pretendEvents();
  const { user } = renderRoute("/settings");
  await write(user, days, "14");
  await waitFor(() => expect(streams.open).toHaveLength(1));
  set({ run_history_days: 60, mod_list_refresh_interval: 10_800 });
  act(() => streams.open[0]?.send({ event: "settings", data: {} }));
  expect(await screen.findByText(/Someone else has changed this to 60 days in the meantime/)).toBeTruthy();
  expect((await input(days)).value).toBe("14");
  expect((await input(interval)).value).toBe("3");
});

test("leaving with unsaved changes names them first", async () => {
  withSettings();
  const { user, router } = renderRoute("/settings");
  await write(user, days, "14");
  const navigation = screen.getAllByRole("navigation")[0] as HTMLElement;
  await user.click(within(navigation).getByRole("link", { name: "Jobs" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Leave without saving?" }));
  expect(dialog.getByText("Keep runs for: 30 days → 14 days")).toBeTruthy();
  await user.click(dialog.getByRole("button", { name: "Cancel" }));
  expect(router.state.location.pathname).toBe("/settings");
  expect((await input(days)).value).toBe("14");
  await user.click(within(navigation).getByRole("link", { name: "Jobs" }));
  await user.click(await screen.findByRole("button", { name: "Leave without saving" }));
  await waitFor(() => expect(router.state.location.pathname).toBe("/jobs"));
});

test("who may not change settings reads them, and is told who may", async () => {
  withSettings("operator");
  renderRoute("/settings");
  expect(await screen.findByText(/Only admins can change the settings\. You are signed in as operator/)).toBeTruthy();
  expect(await screen.findByText("30 days")).toBeTruthy();
  expect(screen.getByText("1 hour")).toBeTruthy();
  expect(within(screen.getByRole("main")).queryAllByRole("textbox")).toEqual([]);
  expect(screen.queryByRole("button", { name: "Save" })).toBeNull();
});

test("a settings file that can't be used is told, with a way out that names what is lost", async () => {
  const wrong = "The settings file api-settings.json holds values that can't be used (run_history_days: many).";
  const { manager } = withSettings("admin", wrong);
  const { user } = renderRoute("/settings");
  expect(await screen.findByText(wrong)).toBeTruthy();
  expect(within(screen.getByRole("main")).queryAllByRole("textbox")).toEqual([]);
  await user.click(screen.getByRole("button", { name: "Use the defaults" }));
  const dialog = within(await screen.findByRole("dialog", { name: "Use the default settings?" }));
  expect(dialog.getByText(/Every setting in the file is replaced by its default/)).toBeTruthy();
  expect(manager.calls).not.toContain("POST /api/v1/settings/reset");
  await user.click(dialog.getByRole("button", { name: "Use the defaults" }));
  expect(
    await screen.findByText("The defaults are in force. The old file is kept as api-settings.json.broken-1."),
  ).toBeTruthy();
  expect((await input(days)).value).toBe("90");
});

test("a choice is made from what there is, and told in words", async () => {
  const { manager } = withSettings();
  const { user } = renderRoute("/settings");
  const field = await screen.findByRole("combobox", { name: "Who needs a second factor" });
  await user.selectOptions(field, "admins");
  await user.click(screen.getByRole("button", { name: /^Save/ }));
  await waitFor(() => expect(manager.bodyOf("PATCH /api/v1/settings")).toEqual({ require_second_factor: "admins" }));
});
