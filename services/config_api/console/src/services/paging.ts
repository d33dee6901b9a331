interface ListPage<T> {
  items: T[];
  next: string | null;
}

/** How many items one request may ask for. */
export const PAGE_LIMIT = 1000;

/** All items of a list, page by page. `read` gets the cursor of the page; 0 is the first one's. */
export async function allPages<T>(read: (cursor: number) => Promise<ListPage<T>>): Promise<T[]> {
  const items: T[] = [];
  let cursor: number | null = 0;
  while (cursor !== null) {
    const page: ListPage<T> = await read(cursor);
    items.push(...page.items);
    cursor = page.next === null ? null : Number(page.next);
  }
  return items;
}
