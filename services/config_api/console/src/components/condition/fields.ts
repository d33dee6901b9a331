import type { AttributeType, AttributeView } from "../../services/schema";

/** What the parts of a condition's form share. */
export interface ConditionContext {
  attributes: readonly AttributeView[];
  types: ReadonlyMap<string, AttributeType>;
  /** What is wrong, by JSON pointer (RFC 6901) into the body that is sent. */
  faults: ReadonlyMap<string, string>;
  /** A number for a new item. */
  nextId: () => number;
  /** Whether there may be more comparisons. */
  full: boolean;
}
