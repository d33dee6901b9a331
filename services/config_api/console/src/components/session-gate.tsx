import { Activity, lazy, type ReactNode, Suspense, useCallback, useEffect, useState } from "react";
import { answered, ProblemError } from "../services/problems";
import { useServices, useSession } from "../services/services";
import { ProblemAlert } from "./problem-alert";
import { Waiting } from "./waiting";

const SignIn = lazy(() => import("../routes/sign-in/sign-in"));

/**
 * Shows pages to signed-in users, and the sign-in to all others.
 *
 * When a session ends, the pages are hidden and not taken down: who signs in again goes on where they were, with what
 * they had entered. Somebody else starts afresh.
 */
export function SessionGate({ children }: { children: ReactNode }) {
  const state = useSession();
  const { error, restore } = useRestoredSession();
  if (state.status === "unknown") {
    return error === undefined ? <Waiting /> : <ProblemAlert error={error} onRetry={restore} />;
  }
  if (state.status === "signedOut") {
    return (
      <Suspense fallback={<Waiting />}>
        <SignIn />
      </Suspense>
    );
  }
  const signedIn = state.status === "signedIn";
  return (
    <>
      {!signedIn && (
        <Suspense fallback={<Waiting />}>
          <SignIn expired={state.user} />
        </Suspense>
      )}
      <Activity key={state.user.id} mode={signedIn ? "visible" : "hidden"}>
        {children}
      </Activity>
    </>
  );
}

/** Asks once who is signed in: the cookie outlives the page, the CSRF token does not. */
function useRestoredSession() {
  const { api, session } = useServices();
  const [error, setError] = useState<unknown>();
  const restore = useCallback(async () => {
    setError(undefined);
    try {
      session.begin(await answered(api.GET("/api/v1/session")));
    } catch (problem) {
      if (problem instanceof ProblemError && problem.status === 401) {
        session.end();
      } else {
        setError(problem);
      }
    }
  }, [api, session]);
  useEffect(() => {
    void restore();
  }, [restore]);
  return { error, restore };
}
