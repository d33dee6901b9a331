export const names = {
  name: "Name",
  nameMissing: "Enter a name.",
  key: "Key",
  keyText: "Stands in addresses and never changes: lower-case letters, digits, _ and -.",
  keyInvalid: "Up to 63 lower-case letters, digits, _ and -; the first one is a letter or a digit.",
  create: "Create",
  created: "“{{name}}” was created.",
  saved: "“{{name}}” is saved.",
} as const;
