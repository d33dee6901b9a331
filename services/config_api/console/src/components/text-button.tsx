import Button, { type ButtonProps } from "@cloudscape-design/components/button";

// Cloudscape gives it the colour of a button with a border, so that it would look like any other bold word.
const STYLE: ButtonProps.Style = { root: { color: { default: "var(--accent)" } } };

/** A button among words, in the colour of links. */
export function TextButton(props: Omit<ButtonProps, "variant" | "style">) {
  return <Button {...props} variant="inline-link" style={STYLE} />;
}
