import { createContext, type ReactNode, use, useSyncExternalStore } from "react";
import type { Api } from "./api";
import type { Scope, SignedIn } from "./schema";
import type { SessionState, SessionStore } from "./session";

/** What pages work with; built once, in main.tsx. */
export interface Services {
  api: Api;
  session: SessionStore;
}

const ServicesContext = createContext<Services | undefined>(undefined);

export function ServicesProvider({ services, children }: { services: Services; children: ReactNode }) {
  return <ServicesContext value={services}>{children}</ServicesContext>;
}

export function useServices(): Services {
  const services = use(ServicesContext);
  if (services === undefined) {
    throw new Error("there are no services around this component");
  }
  return services;
}

export function useApi(): Api {
  return useServices().api;
}

export function useSession(): SessionState {
  const { session } = useServices();
  return useSyncExternalStore(session.subscribe, session.current);
}

/** Who is signed in; only for what is shown to signed-in users. */
export function useUser(): SignedIn {
  const state = useSession();
  if (state.status !== "signedIn" && state.status !== "expired") {
    throw new Error("nobody is signed in");
  }
  return state.user;
}

/** The one place that says what the user may do: `can("config:write")`. The API checks it all the same. */
export function useCan(): (scope: Scope) => boolean {
  const { scopes } = useUser();
  return (scope) => scopes.includes(scope);
}
