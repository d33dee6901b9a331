/** Texts whole, so that nothing inside one counts, and numbers (RFC 8259, 6 and 7). */
const TOKEN = /"(?:[^"\\]|\\.)*"|-?\d[\d.eE+-]*/gs;

/** What a JSON text holds. A number that JavaScript's would change becomes a text, with every digit as it was written. */
export function exactJson(text: string): unknown {
  return JSON.parse(text.replace(TOKEN, (token) => (isKept(token) ? token : `"${token}"`)));
}

function isKept(token: string): boolean {
  return token.startsWith('"') || String(Number(token)) === token;
}
