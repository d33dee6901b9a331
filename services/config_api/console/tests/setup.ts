import { cleanup, configure } from "@testing-library/react";
import { afterEach, beforeEach, expect, type MockInstance, vi } from "vitest";

// A page's files are loaded, and transformed, when it is first shown.
configure({ asyncUtilTimeout: 30_000 });

// What happy-dom lacks of a browser.
vi.stubGlobal("matchMedia", (query: string) => ({
  matches: query.startsWith("(min-width"),
  media: query,
  addEventListener: () => undefined,
  removeEventListener: () => undefined,
  addListener: () => undefined,
  removeListener: () => undefined,
}));
vi.stubGlobal("CSS", { escape: (text: string) => text, supports: () => false });
window.scrollTo = () => undefined;
HTMLCanvasElement.prototype.getContext = () => null;

let spies: MockInstance[] = [];

beforeEach(() => {
  spies = [vi.spyOn(console, "error"), vi.spyOn(console, "warn")];
});

afterEach(() => {
  cleanup();
  window.localStorage.clear();
  // Warnings are errors.
  for (const spy of spies) {
    expect(spy.mock.calls).toEqual([]);
    spy.mockRestore();
  }
});
