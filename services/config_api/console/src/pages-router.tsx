import { useState } from "react";
import { createBrowserRouter, Navigate, RouterProvider } from "react-router";
import { PageError } from "./components/page-error";
import { Shell } from "./components/shell";
import { Waiting } from "./components/waiting";
import { HOME, pages } from "./pages";
import { NotFound } from "./routes/not-found/not-found";

/** All pages of signed-in users. */
export default function PagesRouter() {
  const [router] = useState(createRouter);
  return <RouterProvider router={router} />;
}

function createRouter() {
  return createBrowserRouter([
    {
      Component: Shell,
      ErrorBoundary: PageError,
      HydrateFallback: Waiting,
      children: [
        { index: true, element: <Navigate to={HOME} replace /> },
        ...pages.map(({ path, load }) => ({ path, lazy: load, ErrorBoundary: PageError })),
        { path: "*", Component: NotFound },
      ],
    },
  ]);
}
