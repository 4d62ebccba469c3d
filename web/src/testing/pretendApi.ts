import { vi } from "vitest";
import type { Schema } from "../api/client";

type Answer = unknown | Response | ((request: Request) => unknown | Promise<unknown>);

export interface PretendApi {
  /** All requests so far, oldest first: "POST /api/v1/jobs/x/run". */
  readonly calls: string[];
  /** The body of the last request to this address. */
  bodyOf(call: string): unknown;
  /** Change what an address answers: `"GET /api/v1/jobs"`, without its query. */
  answer(call: string, answer: Answer): void;
  /** From now on nothing answers, as when the manager is down. */
  goAway(): void;
  /** From now on it takes requests and answers none, until they are given up. */
  hang(): void;
  comeBack(): void;
}

export const signedIn = (
  role: Schema["Role"] = "admin",
  name = "Anna",
  more: Partial<Schema["Me"]> = {},
): Schema["SessionInfo"] => ({
  state: "signed_in",
  me: {
    kind: "user",
    id: "user-1",
    name,
    role,
    server_roles: [],
    must_set_up_second_factor: false,
    ...more,
  },
  version: __MANAGER_VERSION__,
});

export const problem = (
  status: number,
  code: string,
  detail: string,
  errors?: { field: string; message: string }[],
  headers: Record<string, string> = {},
): Response =>
  new Response(JSON.stringify({ type: "about:blank", title: code, status, code, detail, errors }), {
    status,
    headers: { "Content-Type": "application/problem+json", ...headers },
  });

/** Takes the place of the network. An address that the test has not given an answer is a 404, as in the manager. */
export function pretendApi(answers: Record<string, Answer> = {}): PretendApi {
  // What the frame around every page asks for.
  const always = { "GET /api/v1/session": signedIn(), "GET /api/v1/servers": { items: [], next_cursor: null } };
  const known = new Map<string, Answer>(Object.entries({ ...always, ...answers }));
  const calls: string[] = [];
  const bodies = new Map<string, unknown>();
  let isAway = false;
  let hangs = false;
  vi.stubGlobal("fetch", async (input: RequestInfo | URL, init?: RequestInit) => {
    const request = new Request(input, init);
    const url = new URL(request.url);
    const call = `${request.method} ${url.pathname}`;
    calls.push(`${call}${url.search}`);
    request.signal.throwIfAborted();
    if (isAway) throw new TypeError("Failed to fetch");
    if (hangs) {
      return new Promise<Response>((_, reject) =>
        request.signal.addEventListener("abort", () => reject(request.signal.reason)),
      );
    }
    if (request.body) bodies.set(call, await bodyIn(request.clone()));
    const answer = known.get(call);
    const content = typeof answer === "function" ? await answer(request) : answer;
    if (content instanceof Response) return content.clone();
    if (answer === undefined) return problem(404, "not_found", "There is nothing at this address.");
    return content === null || content === undefined ? new Response(null, { status: 204 }) : Response.json(content);
  });
  return {
    calls,
    bodyOf: (call) => bodies.get(call),
    answer: (call, answer) => void known.set(call, answer),
    goAway: () => {
      isAway = true;
    },
    hang: () => {
      hangs = true;
    },
    comeBack: () => {
      isAway = false;
      hangs = false;
    },
  };
}

/** JSON as what it means; a file as its text. */
async function bodyIn(request: Request): Promise<unknown> {
  return request.headers.get("Content-Type")?.includes("json") ? request.json() : request.text();
}
