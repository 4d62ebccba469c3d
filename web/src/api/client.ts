import createClient from "openapi-fetch";
import type { components, paths } from "./generated/schema";

/** The types of the API's answers and requests, by name: `Schema["JobView"]`. */
export type Schema = components["schemas"];

export const api = createClient<paths>({
  baseUrl: globalThis.location?.origin ?? "",
  credentials: "same-origin",
  fetch: (request) => globalThis.fetch(request),
});

/** The manager answered, with a refusal or a failure. `fields` says what is wrong with which field. */
export class ApiError extends Error {
  override name = "ApiError";

  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly fields: Readonly<Record<string, string>> = {},
    readonly retryAfterSeconds: number | null = null,
  ) {
    super(message);
  }
}

/** No answer of the manager: it is down, restarting, or the network between is. */
export class ApiUnreachable extends Error {
  override name = "ApiUnreachable";
}

type Answer<Data> = { data?: Data; error?: unknown; response: Response };

/** The data of an answer. Throws `ApiError` or `ApiUnreachable`. */
export async function unwrap<Data>(call: Promise<Answer<Data>>): Promise<Data> {
  let answer: Answer<Data>;
  try {
    answer = await call;
  } catch (cause) {
    if (cause instanceof Error && cause.name === "AbortError") throw cause;
    throw new ApiUnreachable("The manager does not answer.", { cause });
  }
  if (!answer.response.ok) throw refusal(answer.response, answer.error);
  return answer.data as Data;
}

const GATEWAY_FAILURES = new Set([502, 503, 504]);

function refusal(response: Response, body: unknown): ApiError | ApiUnreachable {
  const problem = asProblem(body);
  if (problem === null && GATEWAY_FAILURES.has(response.status)) {
    return new ApiUnreachable("A server between this browser and the manager can't reach it.");
  }
  const fields: Record<string, string> = {};
  for (const error of problem?.errors ?? []) fields[error.field] ??= error.message;
  const waits = Number(response.headers.get("Retry-After") ?? Number.NaN);
  return new ApiError(
    response.status,
    problem?.code ?? `http_${response.status}`,
    problem?.detail ?? `The manager answered with status ${response.status} and nothing more.`,
    fields,
    Number.isFinite(waits) ? waits : null,
  );
}

function asProblem(body: unknown): Schema["Problem"] | null {
  return typeof body === "object" && body !== null && "code" in body && "detail" in body
    ? (body as Schema["Problem"])
    : null;
}

/** Answers to who tries to sign in. Nobody was signed in, so nobody is signed out. */
const NOT_LET_IN = new Set(["wrong_credentials", "second_factor_needed", "wrong_code", "second_factor_lost"]);

export function isSignedOut(error: unknown): boolean {
  return error instanceof ApiError && error.status === 401 && !NOT_LET_IN.has(error.code);
}
