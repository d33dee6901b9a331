import ErrorBoundary from "@cloudscape-design/components/error-boundary";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { lazy, Suspense, useState } from "react";
import { NotificationsProvider } from "./components/notifications";
import { PageError } from "./components/page-error";
import { PreferencesProvider } from "./components/preferences";
import { SessionGate } from "./components/session-gate";
import { Waiting } from "./components/waiting";
import type { Texts } from "./i18n";
import { ProblemError } from "./services/problems";
import { type Services, ServicesProvider } from "./services/services";

/** Loads what the pages are made of; asked for early, while it is still being found out who is there. */
export const loadPages = () => import("./pages-router");

const Pages = lazy(loadPages);

const RETRIES = 2;

export function App({ services, texts }: { services: Services; texts: Texts }) {
  const [queries] = useState(createQueries);
  return (
    <PreferencesProvider first={texts}>
      <ServicesProvider services={services}>
        <QueryClientProvider client={queries}>
          <NotificationsProvider>
            <ErrorBoundary onError={ignore} renderFallback={() => <PageError />}>
              <SessionGate>
                <Suspense fallback={<Waiting />}>
                  <Pages />
                </Suspense>
              </SessionGate>
            </ErrorBoundary>
          </NotificationsProvider>
        </QueryClientProvider>
      </ServicesProvider>
    </PreferencesProvider>
  );
}

/** React has written it to the browser's console; there is nobody else to tell. */
function ignore(): void {
  return;
}

/** What was read, for all pages. */
export function createQueries(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 10_000,
        networkMode: "always", // a browser that calls itself offline may reach this server all the same
        retry: (failures, error) => failures < RETRIES && mayPass(error),
      },
      mutations: { networkMode: "always" },
    },
  });
}

/** Whether the same request may succeed in a moment. */
function mayPass(error: Error): boolean {
  return error instanceof ProblemError ? error.status === 503 : error instanceof TypeError;
}
