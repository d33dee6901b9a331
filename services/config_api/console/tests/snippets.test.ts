/** The requests that are shown do send what they say, whatever the properties are called: each is run. */
import { execFileSync } from "node:child_process";
import { expect, it } from "vitest";
import { snippet } from "../src/services/snippets";

const records = JSON.stringify([
  { userId: "u-17", "it's": '"quoted" \\ $HOME `x` $(y) %s \u2028 😀', "</script>": "\n\t" },
]);
const sending = {
  endpoint: "http://127.0.0.1:1/public/v1/user/data",
  accessToken: "inl_a_X",
  integrationToken: "inl_i_Y",
  records,
};
const body = { token: "inl_i_Y", data: JSON.parse(records) };

it("curl", () => {
  const program = `curl() { for part in "$@"; do printf '%s\\0' "$part"; done; }\n${snippet("curl", sending)}`;
  const parts = execFileSync("sh", ["-c", program], { encoding: "utf8" }).split("\0");
  expect(parts.slice(0, 5)).toEqual(["-i", sending.endpoint, "-H", "Authorization: Bearer inl_a_X", "-H"]);
  expect(JSON.parse(parts[parts.indexOf("-d") + 1] ?? "")).toEqual(body);
});

it("Python", () => {
  const fake = `import urllib.request
class Answer:
    status = 202
    def __enter__(self): return self
    def __exit__(self, *_): pass
    def read(self): return sent
def urlopen(request, timeout):
    global sent
    sent = request.data
    assert request.get_header("Authorization") == "Bearer inl_a_X" and request.get_method() == "POST"
    return Answer()
urllib.request.urlopen = urlopen
`;
  const printed = execFileSync("python3", ["-X", "utf8", "-c", fake + snippet("Python", sending)], {
    encoding: "utf8",
  });
  expect(printed.slice(0, 4)).toBe("202 ");
  expect(JSON.parse(printed.slice(4))).toEqual(body);
});

it("JavaScript", () => {
  const fake = `const fetch = async (url, init) => { process.stdout.write(JSON.stringify([url, init])); return { json() {} }; };`;
  const run = `${fake}\n${snippet("JavaScript", sending)}`.replace(/console\.log.*$/, "");
  const printed = execFileSync(process.execPath, ["--input-type=module", "-e", run], { encoding: "utf8" });
  const [url, init] = JSON.parse(printed);
  expect([url, init.method, init.headers.Authorization]).toEqual([sending.endpoint, "POST", "Bearer inl_a_X"]);
  expect(JSON.parse(init.body)).toEqual(body);
});
