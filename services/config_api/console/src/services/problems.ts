import type { TFunction } from "i18next";
import type { en } from "../i18n/en";
import type { Code, Fault, Problem } from "./schema";

/** An answer that is not a success (RFC 9457). */
export class ProblemError extends Error {
  readonly status: number;
  readonly code: Code;
  readonly faults: readonly Fault[];
  readonly requestId: string;
  /** Seconds after which the same request may succeed (Retry-After), where the answer says so. */
  readonly retryAfter: number | undefined;
  /** The names of what uses that which is `in_use`: an integration, or segments. */
  readonly users: readonly string[];

  constructor(problem: Problem & Users, retryAfter?: number) {
    super(`${problem.status} ${problem.code}`);
    this.status = problem.status;
    this.code = problem.code;
    this.faults = problem.errors ?? [];
    this.requestId = problem.requestId;
    this.retryAfter = retryAfter;
    this.users = [problem.integration ?? [], problem.segments ?? []].flat();
  }
}

/** Further members of a problem with the code `in_use`. */
interface Users {
  integration?: string;
  segments?: readonly string[];
}

interface Answered<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** The body of a success. Throws `ProblemError`, and `TypeError` where there was no answer at all. */
export async function answered<T>(call: Promise<Answered<T>>): Promise<T> {
  const { data, error, response } = await call;
  if (response.ok) {
    return data as T;
  }
  const retryAfter = Number(response.headers.get("Retry-After") ?? Number.NaN);
  const problem = isProblem(error) ? error : unreadable(response.status);
  throw new ProblemError(problem, Number.isFinite(retryAfter) ? retryAfter : undefined);
}

/** What went wrong, in the user's language. */
export function problemText(t: TFunction, error: unknown): string {
  if (!(error instanceof ProblemError)) {
    return t(error instanceof TypeError ? "problems.unreachable" : "problems.unknown");
  }
  const text = codeText(t, error.code);
  return error.retryAfter === undefined ? text : `${text} ${t("problems.retryAfter", { count: error.retryAfter })}`;
}

/** A code in plain words; codes of a later release fall back to the unspecific text. */
export function codeText(t: TFunction, code: Code): string {
  return t(`problems.codes.${code as keyof typeof en.problems.codes}`, { defaultValue: t("problems.unknown") });
}

/** The texts of an error's faults by their pointers (RFC 6901), and whatever no field of `fields` shows. */
export function faultsByField(t: TFunction, error: unknown, fields: readonly string[]) {
  const faults = error instanceof ProblemError ? error.faults : [];
  const shown = new Map<string, string>();
  const others: string[] = [];
  for (const fault of faults) {
    const field = fields.find((each) => fault.pointer === each || fault.pointer.startsWith(`${each}/`));
    if (field === undefined) {
      others.push(`${fault.pointer}: ${codeText(t, fault.code)}`);
    } else {
      shown.set(field, codeText(t, fault.code));
    }
  }
  return { shown, others };
}

function isProblem(body: unknown): body is Problem {
  return typeof body === "object" && body !== null && "code" in body && "requestId" in body;
}

/** For answers that no service of Inlet's has given, such as those of a proxy in between. */
function unreadable(status: number): Problem {
  const code: Code = status >= 502 && status <= 504 ? "not_ready" : "internal_error";
  return { type: "about:blank", title: "", status, detail: "", code, requestId: "", errors: null };
}
