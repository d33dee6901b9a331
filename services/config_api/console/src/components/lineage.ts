import { matchPath } from "react-router";
import { type Page, pages } from "../pages";

/** The page at a path, and those above it; the topmost first. */
export function lineage(pathname: string): Page[] {
  const found: Page[] = [];
  let page = pages.find(({ path }) => matchPath(path, pathname) !== null);
  while (page !== undefined && !found.includes(page)) {
    found.unshift(page);
    const above = page.parent;
    page = pages.find(({ path }) => path === above);
  }
  return found;
}
