/** A request to the endpoint, in the languages that senders are written in. */
export interface Sending {
  endpoint: string;
  accessToken: string;
  integrationToken: string;
  /** The records, as JSON text. */
  records: string;
}

export const LANGUAGES = ["curl", "Python", "JavaScript"] as const;
export type SnippetLanguage = (typeof LANGUAGES)[number];

/** A program that sends the records. Property names may hold anything, so each text is quoted by its language's rules. */
export function snippet(language: SnippetLanguage, sending: Sending): string {
  return { curl, Python: python, JavaScript: javascript }[language](sending);
}

function body({ integrationToken, records }: Sending): string {
  return `{"token": ${JSON.stringify(integrationToken)}, "data":\n${records}}`;
}

/** For a POSIX shell. */
function curl(sending: Sending): string {
  const quoted = (text: string) => `'${text.replaceAll("'", "'\\''")}'`;
  return [
    `curl -i ${quoted(sending.endpoint)}`,
    `  -H ${quoted(`Authorization: Bearer ${sending.accessToken}`)}`,
    "  -H 'Content-Type: application/json'",
    `  -d ${quoted(body(sending))}`,
  ].join(" \\\n");
}

/** The body as text: Python and JSON agree on how a text in quotes is escaped. */
function python(sending: Sending): string {
  return `import urllib.request

body = ${JSON.stringify(body(sending))}
request = urllib.request.Request(
    ${JSON.stringify(sending.endpoint)},
    data=body.encode(),
    headers={
        "Authorization": ${JSON.stringify(`Bearer ${sending.accessToken}`)},
        "Content-Type": "application/json",
    },
)
with urllib.request.urlopen(request, timeout=30) as answer:
    print(answer.status, answer.read().decode())`;
}

function javascript(sending: Sending): string {
  return `const answer = await fetch(${JSON.stringify(sending.endpoint)}, {
  method: "POST",
  headers: {
    "Authorization": ${JSON.stringify(`Bearer ${sending.accessToken}`)},
    "Content-Type": "application/json",
  },
  body: ${JSON.stringify(body(sending))},
});
console.log(answer.status, await answer.json());`;
}

/** A program of a site's server that asks whether a user is in a segment; `context` is the address without the user ID. */
export function segmentSnippet(context: string, segment: string): string {
  return `async function isIn(userId) {
  const answer = await fetch(
    ${JSON.stringify(context)} + encodeURIComponent(userId),
    { headers: { Authorization: "Bearer " + process.env.INLET_ACCESS_TOKEN } },
  );
  if (answer.status === 404) return false; // nobody we know
  const { segments } = await answer.json();
  return segments.some(({ key }) => key === ${JSON.stringify(segment)});
}`;
}
