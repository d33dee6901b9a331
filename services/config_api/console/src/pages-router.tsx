import { type QueryClient, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { createBrowserRouter, Navigate, RouterProvider } from "react-router";
import { PageError } from "./components/page-error";
import { Shell } from "./components/shell";
import { Waiting } from "./components/waiting";
import { HOME, pages } from "./pages";
import { NotFound } from "./routes/not-found/not-found";
import type { Api } from "./services/api";
import { useApi } from "./services/services";

/** All pages of signed-in users. */
export default function PagesRouter() {
  const queries = useQueryClient();
  const api = useApi();
  const [router] = useState(() => createRouter(queries, api));
  return <RouterProvider router={router} />;
}

function createRouter(queries: QueryClient, api: Api) {
  return createBrowserRouter([
    {
      Component: Shell,
      ErrorBoundary: PageError,
      HydrateFallback: Waiting,
      children: [
        { index: true, element: <Navigate to={HOME} replace /> },
        ...pages.map(({ path, ask, load }) => ({
          path,
          lazy: load,
          ...(ask === undefined ? {} : { loader: asking(() => ask(queries, api)) }),
          ErrorBoundary: PageError,
        })),
        { path: "*", Component: NotFound },
      ],
    },
  ]);
}

/** Asks, and waits for nothing: only pages that ask have one, since it makes each change of an address take a moment. */
function asking(ask: () => void) {
  return () => {
    ask();
    return null;
  };
}
