import CopyToClipboard from "@cloudscape-design/components/copy-to-clipboard";
import { useTranslation } from "react-i18next";
import "./copied-text.css";

interface CopiedTextProps {
  text: string;
  /** What the button is called for those who do not see what it stands beside. */
  label: string;
}

/** A text that is there to be copied: an address, a token. */
export function CopiedText({ text, label }: CopiedTextProps) {
  return (
    <div className="copied">
      <code className="copied-text">{text}</code>
      <Copy text={text} label={label} />
    </div>
  );
}

/** Several lines of a program, with a button that copies them. */
export function CopiedCode({ text, label }: CopiedTextProps) {
  return (
    <div className="copied-code">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by the keyboard (WCAG 2.1.1) */}
      <pre tabIndex={0}>
        <code>{text}</code>
      </pre>
      <Copy text={text} label={label} />
    </div>
  );
}

function Copy({ text, label }: CopiedTextProps) {
  const { t } = useTranslation();
  return (
    <CopyToClipboard
      variant="icon"
      textToCopy={text}
      copyButtonAriaLabel={label}
      copySuccessText={t("actions.copied")}
      copyErrorText={t("actions.notCopied")}
    />
  );
}
