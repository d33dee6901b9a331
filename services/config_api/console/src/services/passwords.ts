/** The bounds of a password, in characters. */
export const PASSWORD = { shortest: 12, longest: 1024 } as const;

const LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789"; // none that look alike
const GROUPS = 5;
const GROUP = 5;

/** A password that nobody has to think of: 25 letters, over 140 bits of chance. */
export function suggestedPassword(): string {
  const groups = Array.from({ length: GROUPS }, () => Array.from({ length: GROUP }, letter).join(""));
  return groups.join("-");
}

/** A letter, each as likely as any other. */
function letter(): string {
  const most = Math.floor(256 / LETTERS.length) * LETTERS.length;
  for (;;) {
    const [byte = 0] = crypto.getRandomValues(new Uint8Array(1));
    if (byte < most) {
      return LETTERS.charAt(byte % LETTERS.length);
    }
  }
}
