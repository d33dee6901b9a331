import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import TokenGroup from "@cloudscape-design/components/token-group";
import { type ClipboardEvent, useState } from "react";
import { useTranslation } from "react-i18next";

/** How many texts are shown at first. */
const SHOWN = 20;

interface TextListProps {
  texts: readonly string[];
  fault: string | undefined;
  onChange: (texts: readonly string[]) => void;
}

/** Several texts: each is entered by itself, or many are pasted, a text a line. */
export function TextList({ texts, fault, onChange }: TextListProps) {
  const { t } = useTranslation();
  const [entered, setEntered] = useState("");
  const add = (more: readonly string[]) => {
    const all = new Set([...texts, ...more.filter((text) => text !== "")]);
    setEntered("");
    if (all.size > texts.length) {
      onChange([...all]);
    }
  };
  // A field of one line would run the lines into one.
  const paste = (event: ClipboardEvent) => {
    const lines = event.clipboardData.getData("text").split(/\r\n|\r|\n/);
    if (lines.length > 1) {
      event.preventDefault();
      add(lines);
    }
  };
  return (
    <FormField errorText={fault} constraintText={t("condition.textsText")}>
      <div className="text-list" onPaste={paste}>
        <Input
          ariaLabel={t("condition.texts")}
          value={entered}
          spellcheck={false}
          onChange={({ detail }) => setEntered(detail.value)}
          onKeyDown={({ detail }) => detail.key === "Enter" && !detail.isComposing && add([entered])}
          onBlur={() => add([entered])}
        />
        <Button
          variant="icon"
          iconName="add-plus"
          ariaLabel={t("condition.addText")}
          disabled={entered === ""}
          onClick={() => add([entered])}
        />
      </div>
      <TokenGroup
        items={texts.map((text) => ({ label: text, dismissLabel: t("condition.removeText", { text }) }))}
        limit={SHOWN}
        i18nStrings={{ limitShowMore: t("condition.showMore"), limitShowFewer: t("condition.showFewer") }}
        onDismiss={({ detail }) => onChange(texts.filter((_, index) => index !== detail.itemIndex))}
      />
    </FormField>
  );
}
