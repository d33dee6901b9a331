/**
 * Records of a pasted payload, as JSON text: an array, one record, or the whole body with its `data`.
 *
 * The text is passed on as it was written: through JavaScript's numbers, long ones would lose digits.
 */
export function recordsOf(text: string): string | undefined {
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (Array.isArray(parsed)) {
    return parsed.length > 0 ? text : undefined;
  }
  if (typeof parsed !== "object" || parsed === null) {
    return undefined;
  }
  if ("data" in parsed && Array.isArray(parsed.data)) {
    return parsed.data.length > 0 ? memberText(text, "data") : undefined;
  }
  return `[${text}]`;
}

/** The value of a member of the outermost object, as it stands in a text that is known to be JSON. */
function memberText(text: string, name: string): string | undefined {
  let depth = 0;
  let start: number | undefined;
  let found: string | undefined;
  // Strings whole, so that nothing inside one counts; else the characters that structure a value.
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{},]/gs)) {
    const closes = token === "]" || token === "}";
    if (start !== undefined && depth === 1 && (token === "," || closes)) {
      found = text.slice(start, index).trim(); // of members of one name the last counts, as everywhere
      start = undefined;
    }
    depth += token === "[" || token === "{" ? 1 : closes ? -1 : 0;
    const colon = depth === 1 && token.startsWith('"') ? text.slice(index + token.length).match(/^\s*:/) : null;
    if (colon !== null && JSON.parse(token) === name) {
      start = index + token.length + colon[0].length;
    }
  }
  return found;
}

/** A record with a value for each property, for where no sample was pasted. */
export function madeUpRecord(userId: string, properties: readonly { property: string; type: string }[]): string {
  const values: Record<string, string | number> = { String: "Text", Number: 12, Date: "2024-03-01" };
  const members = properties
    .filter(({ property }) => property !== "")
    .map(({ property, type }) => [property, values[type]]);
  return JSON.stringify({ [userId]: "u-17", ...Object.fromEntries(members) });
}
