import type { Entry } from "../../services/schema";

/** Entries that name their object by the number of another kind. */
const NUMBERED_LIKE: Readonly<Record<string, string>> = { integration_token: "integration", session: "user" };

/** What each entry's object is called: as it was then, else as other entries know it, else by its id or key. */
export function objectNames(entries: readonly Entry[]): (entry: Entry) => string {
  const known = new Map<string, string>();
  for (const entry of entries) {
    const [kind, id] = entry.actor.id.split(":");
    if (id !== undefined && entry.actor.name !== entry.actor.id) {
      known.set(place(kind === "token" ? "access_token" : (kind ?? ""), id), entry.actor.name);
    }
  }
  for (const entry of entries) {
    const name = ownName(entry);
    const where = place(entry.kind, entry.object);
    if (name !== undefined && !known.has(where)) {
      known.set(where, name); // the newest come first
    }
  }
  return (entry) =>
    ownName(entry) ?? known.get(place(NUMBERED_LIKE[entry.kind] ?? entry.kind, entry.object)) ?? entry.object;
}

function ownName({ before, after }: Entry): string | undefined {
  const name = (after ?? before)?.["name"];
  return typeof name === "string" ? name : undefined;
}

function place(kind: string, object: string): string {
  return `${kind}/${object}`;
}
