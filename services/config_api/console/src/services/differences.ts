import type { Entry } from "./schema";

/** A step from a state to what is in it: a field, or an item of a list by what it is called. */
export interface Step {
  name: string;
  /** Whether people have given the name, such as a property's. */
  given: boolean;
}

/** What one place held before and after; undefined is nothing at all. */
export interface Difference {
  path: readonly Step[];
  before: unknown;
  after: unknown;
}

type Place = { path: readonly Step[]; value: unknown };

/** What every change changes, and what changes by itself. */
const LEFT_OUT = new Set(["id", "version", "created_at", "updated_at", "last_used_at"]);
/** What an item of a list is called by: the first of these that it has. */
const CALLED_BY = ["property", "hint", "key", "name", "id"];

/** What differs between two states, place by place, in their order. */
export function differences(before: Entry["before"], after: Entry["after"]): Difference[] {
  const old = places(before);
  const now = places(after);
  return [...new Map([...old, ...now])].flatMap(([place, { path }]) => {
    const [was, is] = [old.get(place)?.value, now.get(place)?.value];
    return JSON.stringify(was) === JSON.stringify(is) ? [] : [{ path, before: was, after: is }];
  });
}

/** The places of a state that hold no further ones, by their path. */
function places(state: unknown): Map<string, Place> {
  const found = new Map<string, Place>();
  const visit = (value: unknown, path: readonly Step[]): void => {
    const children = childrenOf(value);
    if (children === undefined) {
      found.set(JSON.stringify(path), { path, value });
    } else {
      for (const [step, child] of children) {
        visit(child, [...path, step]);
      }
    }
  };
  if (state !== null) {
    visit(state, []);
  }
  return found;
}

/** What a value is made of; undefined for one that is shown as a whole, as lists of texts are. */
function childrenOf(value: unknown): [Step, unknown][] | undefined {
  if (Array.isArray(value)) {
    const whole = value.length === 0 || !value.every(isObject);
    return whole ? undefined : value.map((item, index) => [{ name: calledBy(item, index), given: true }, item]);
  }
  if (!isObject(value)) {
    return undefined;
  }
  return Object.entries(value)
    .filter(([name]) => !LEFT_OUT.has(name))
    .map(([name, child]) => [{ name, given: false }, child]);
}

function calledBy(item: Record<string, unknown>, index: number): string {
  const name = CALLED_BY.map((field) => item[field]).find((each) => typeof each === "string");
  return typeof name === "string" ? name : String(index + 1);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
