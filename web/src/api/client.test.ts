import { expect, test } from "vitest";
import { pretendApi, problem } from "../testing/pretendApi";
import { ApiError, ApiUnreachable, api, isSignedOut, unwrap } from "./client";

const jobs = () => unwrap(api.GET("/api/v1/jobs"));
const failure = async (call: Promise<unknown>) => {
  try {
    await call;
  } catch (error) {
    return error;
  }
  throw new Error("the call did not fail");
};

test("an answer is its data", async () => {
  pretendApi({ "GET /api/v1/jobs": { items: [], next_cursor: null } });
  expect(await jobs()).toEqual({ items: [], next_cursor: null });
});

test("a refusal tells its code, what to do, the fields, and how long to wait", async () => {
  const fields = [
    { field: "name", message: "Too long." },
    { field: "name", message: "Not printable." },
  ];
  pretendApi({ "GET /api/v1/jobs": problem(422, "invalid_request", "Mend it.", fields, { "Retry-After": "7" }) });
  const error = await failure(jobs());
  expect(error).toBeInstanceOf(ApiError);
  expect(error).toMatchObject({
    status: 422,
    code: "invalid_request",
    message: "Mend it.",
    fields: { name: "Too long." },
    retryAfterSeconds: 7,
  });
});

test("no answer at all is a manager that can't be reached", async () => {
  pretendApi().goAway();
  expect(await failure(jobs())).toBeInstanceOf(ApiUnreachable);
});

test("a proxy's page about a manager that does not answer is that, too", async () => {
  pretendApi({ "GET /api/v1/jobs": new Response("<h1>Bad gateway</h1>", { status: 502 }) });
  expect(await failure(jobs())).toBeInstanceOf(ApiUnreachable);
});

test("the manager's own 503 is an answer", async () => {
  pretendApi({ "GET /api/v1/jobs": problem(503, "database_unavailable", "The disk is full.") });
  expect(await failure(jobs())).toMatchObject({ status: 503, code: "database_unavailable" });
});

test("an error without words still has a code", async () => {
  pretendApi({ "GET /api/v1/jobs": new Response("oops", { status: 500 }) });
  expect(await failure(jobs())).toMatchObject({ status: 500, code: "http_500" });
});

test("a call that was given up is no failure of the manager", async () => {
  pretendApi();
  const given = new AbortController();
  given.abort();
  const error = await failure(unwrap(api.GET("/api/v1/jobs", { signal: given.signal })));
  expect(error).toMatchObject({ name: "AbortError" });
});

test("only a 401 that is not about a wrong password means signed out", () => {
  expect(isSignedOut(new ApiError(401, "unauthorized", ""))).toBe(true);
  expect(isSignedOut(new ApiError(401, "wrong_credentials", ""))).toBe(false);
  expect(isSignedOut(new ApiError(401, "second_factor_needed", ""))).toBe(false);
  expect(isSignedOut(new ApiError(403, "forbidden", ""))).toBe(false);
  expect(isSignedOut(new ApiUnreachable())).toBe(false);
});
