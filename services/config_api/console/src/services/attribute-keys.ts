import type { AttributeView } from "./schema";

/** A row of a mapping, as far as it says what its attribute is called. */
export interface Named {
  /** The display name; empty is the property's own. */
  name: string;
  property: string;
  /** The attribute that the row feeds so far, with its name; a row of another name feeds another one. */
  kept?: { key: string; name: string };
}

/** How long an attribute's key may be. */
const MAX_KEY = 63;

/**
 * The key of the attribute that each row feeds: that of the system's attribute of the same display name, else a new
 * one made of the name. Rows of one name feed one attribute; nobody has to know that keys exist.
 */
export function attributeKeys(rows: readonly Named[], attributes: readonly AttributeView[]): string[] {
  const byName = new Map(attributes.map(({ name, key }) => [folded(name), key]));
  const taken = new Set(attributes.map(({ key }) => key));
  return rows.map((row) => {
    const name = displayName(row);
    const same = row.kept !== undefined && folded(row.kept.name) === folded(name) ? row.kept.key : undefined;
    const key = same ?? byName.get(folded(name)) ?? free(slug(name), taken);
    byName.set(folded(name), key);
    taken.add(key);
    return key;
  });
}

/** An attribute's display name: what was entered, else the property's own. */
export function displayName({ name, property }: Named): string {
  return name.trim() === "" ? property : name.trim();
}

/** A key for something new, made of its name; another one than those that are taken. */
export function freeKey(name: string, taken: Iterable<string>): string {
  return free(slug(name), new Set(taken));
}

function folded(name: string): string {
  return name.trim().normalize("NFC").toLowerCase();
}

/** A name in the letters that a key may have; those of other scripts are left out. */
function slug(name: string): string {
  const plain = name.normalize("NFKD").replaceAll("ß", "ss").toLowerCase();
  const words = plain.replace(/\p{M}/gu, "").replace(/[^a-z0-9]+/g, "_");
  const key = words.replace(/^_+/, "").slice(0, MAX_KEY).replace(/_+$/, "");
  return key === "" ? "attribute" : key;
}

function free(key: string, taken: ReadonlySet<string>): string {
  for (let number = 2, tried = key; ; number += 1) {
    if (!taken.has(tried)) {
      return tried;
    }
    const suffix = `_${number}`;
    tried = key.slice(0, MAX_KEY - suffix.length) + suffix;
  }
}
