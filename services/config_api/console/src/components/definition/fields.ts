import type { DefinitionDraft } from "../../services/definition";

/** What the parts of the form share. */
export interface FieldsProps {
  draft: DefinitionDraft;
  onChange: (draft: DefinitionDraft) => void;
  /** What is wrong, by JSON pointer (RFC 6901) into the body that is sent; empty until somebody tried to go on. */
  faults: ReadonlyMap<string, string>;
}
