import createClient, { type Client, type Middleware } from "openapi-fetch";
import type { paths } from "./schema";
import type { SessionStore } from "./session";

export type Api = Client<paths>;

const CSRF_HEADER = "X-CSRF-Token";
const SESSION = "/api/v1/session";

/** The API as the signed-in user may call it. Every address is of this page's own origin. */
export function createApi(session: SessionStore): Api {
  const api = createClient<paths>({ baseUrl: window.location.origin, credentials: "same-origin" });
  const renew = async () => {
    const { data } = await api.GET(SESSION);
    if (data !== undefined) {
      session.renew(data);
    }
  };
  api.use(withSession(session, renew));
  return api;
}

/** Proves that a change comes from this page, and notices when the session is over. */
function withSession(session: SessionStore, renew: () => Promise<void>): Middleware {
  return {
    onRequest({ request }) {
      if (request.method !== "GET" && session.csrfToken !== undefined) {
        request.headers.set(CSRF_HEADER, session.csrfToken);
      }
      return request;
    },
    async onResponse({ request, response, schemaPath }) {
      const signingIn = schemaPath === SESSION && request.method === "POST";
      if (response.status === 401 && !signingIn) {
        session.expire();
      }
      // Somebody has signed in anew in another tab; what is tried again will do.
      if (response.status === 403 && (await codeOf(response)) === "invalid_csrf_token") {
        await renew();
      }
    },
  };
}

/** The header field of a change to what was read at this version (RFC 9110, 13.1.1). */
export function ifMatch(version: number): { "If-Match": string } {
  return { "If-Match": `"${version}"` };
}

async function codeOf(response: Response): Promise<unknown> {
  try {
    return (await response.clone().json()).code;
  } catch {
    return undefined; // no problem of ours
  }
}
