import Pagination from "@cloudscape-design/components/pagination";
import { useState } from "react";

/** The pages of a list that were opened so far: a list by cursors does not tell how many there are. */
export interface CursorPages {
  /** The page that is shown, and its cursor; undefined is the first one's. */
  page: number;
  cursor: string | undefined;
  known: number;
  /** Opens a page: one that was open before, or the one after them, which begins at `next`. */
  open: (page: number, next: string | null) => void;
}

/** The pages of a list; another list, which `of` tells, begins at its first page. */
export function useCursorPages(of: string): CursorPages {
  const [opened, setOpened] = useState<Opened>({ of, cursors: [undefined], page: 1 });
  const { cursors, page } = opened.of === of ? opened : { cursors: [undefined], page: 1 };
  const open = (to: number, next: string | null) => {
    if (to <= cursors.length) {
      setOpened({ of, cursors, page: to });
    } else if (next !== null) {
      setOpened({ of, cursors: [...cursors, next], page: cursors.length + 1 });
    }
  };
  return { page, cursor: cursors[page - 1], known: cursors.length, open };
}

interface Opened {
  of: string;
  cursors: readonly (string | undefined)[];
  page: number;
}

/** Whether there is another page; `next` is the cursor of the one after the page that is shown. */
export function hasOthers({ known }: CursorPages, next: string | null): boolean {
  return known > 1 || next !== null;
}

/** Leads from page to page. */
export function CursorPagination({ pages, next }: { pages: CursorPages; next: string | null }) {
  const { page, known, open } = pages;
  const last = page === known && next === null;
  return (
    <Pagination
      currentPageIndex={page}
      pagesCount={known}
      openEnd={!last}
      onChange={({ detail }) => open(detail.currentPageIndex, next)}
    />
  );
}
