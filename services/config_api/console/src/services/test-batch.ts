import type { Api } from "./api";
import { answered, ProblemError } from "./problems";
import type { PendingReceipt, ReceiptWithRejects } from "./schema";

export type TestState =
  | { step: "publishing" }
  | { step: "pending"; receipt: string }
  | { step: "settled"; receipt: ReceiptWithRejects }
  | { step: "late"; receipt: string };

const PAUSE_MS = 500;
/** How long the endpoint may take to learn of a new definition, and a batch to be written. */
const PATIENCE_MS = 30_000;

/**
 * Posts records to the endpoint as the signed-in user, and tells each step of what becomes of them.
 *
 * A gateway that does not know the definition yet answers 403 for its token, as it does for any unknown one.
 */
export async function sendTest(
  api: Api,
  token: string,
  records: string,
  tell: (state: TestState) => void,
  signal: AbortSignal,
): Promise<void> {
  const receipt = await untilKnown(
    () => tell({ step: "publishing" }),
    signal,
    () => post(api, token, records, signal),
  );
  tell({ step: "pending", receipt });
  for (const end = Date.now() + PATIENCE_MS; Date.now() < end; ) {
    const read = await answered<PendingReceipt | ReceiptWithRejects>(
      api.GET("/public/v1/receipts/{receipt}", { params: { path: { receipt } }, signal }),
    );
    if (read.state !== "pending") {
      tell({ step: "settled", receipt: read });
      return;
    }
    await pause(signal);
  }
  tell({ step: "late", receipt });
}

async function untilKnown(waiting: () => void, signal: AbortSignal, post: () => Promise<string>): Promise<string> {
  for (const end = Date.now() + PATIENCE_MS; ; ) {
    try {
      return await post();
    } catch (error) {
      const unknown = error instanceof ProblemError && error.code === "forbidden_integration";
      if (!unknown || Date.now() > end) {
        throw error;
      }
    }
    waiting();
    await pause(signal);
  }
}

async function post(api: Api, token: string, records: string, signal: AbortSignal): Promise<string> {
  const accepted = await answered(
    api.POST("/public/v1/user/data", {
      body: { token, data: [] },
      // The records as they were pasted, digit by digit.
      bodySerializer: () => `{"token": ${JSON.stringify(token)}, "data": ${records}}`,
      signal,
    }),
  );
  return accepted.receipt;
}

function pause(signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, PAUSE_MS);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      reject(signal.reason);
    });
  });
}
