import Box from "@cloudscape-design/components/box";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useTranslation } from "react-i18next";
import { displayName } from "../../services/attribute-keys";
import { type DefinitionDraft, toPreview } from "../../services/definition";
import { codeText } from "../../services/problems";
import type { Preview, PreviewReject, PreviewValue } from "../../services/schema";

/** How many records are shown; the others are counted. */
const SHOWN = 10;

/** What becomes of each record of a sample: its values as they would be stored, and why others would not be. */
export function PreviewList({ preview, draft }: { preview: Preview; draft: DefinitionDraft }) {
  const { t } = useTranslation();
  const records = new Map(preview.records.map((record) => [record.index, record]));
  const indexes = [...new Set([...records.keys(), ...preview.rejects.map(({ index }) => index)])].sort((a, b) => a - b);
  const names = namesByKey(draft);
  const unmapped = Object.keys(preview.unmapped);
  return (
    <div aria-live="polite">
      {indexes.slice(0, SHOWN).map((index) => (
        <RecordPreview
          key={index}
          index={index}
          userId={records.get(index)?.user_id}
          attributes={records.get(index)?.attributes ?? {}}
          rejects={preview.rejects.filter((reject) => reject.index === index)}
          names={names}
        />
      ))}
      {indexes.length > SHOWN && (
        <Box color="text-body-secondary">{t("createIntegration.previewMore", { count: indexes.length - SHOWN })}</Box>
      )}
      {unmapped.length > 0 && (
        <Box color="text-body-secondary" padding={{ top: "s" }}>
          <span className="anything">{t("createIntegration.unmapped", { names: unmapped.join(", ") })}</span>
        </Box>
      )}
    </div>
  );
}

interface RecordPreviewProps {
  index: number;
  userId: string | undefined;
  attributes: Readonly<Record<string, PreviewValue>>;
  rejects: readonly PreviewReject[];
  names: ReadonlyMap<string, string>;
}

function RecordPreview({ index, userId, attributes, rejects, names }: RecordPreviewProps) {
  const { t } = useTranslation();
  return (
    <section className="preview-record" aria-label={`${t("createIntegration.record")} ${index + 1}`}>
      {userId === undefined ? (
        <StatusIndicator type="error">{t("createIntegration.rejected")}</StatusIndicator>
      ) : (
        <Box variant="strong">
          <span className="anything">{userId}</span>
        </Box>
      )}
      <dl className="preview-values">
        {Object.entries(attributes).map(([key, { text }]) => (
          <Value key={key} name={names.get(key) ?? key}>
            {text === null ? <em>{t("createIntegration.cleared")}</em> : <span className="anything">{text}</span>}
          </Value>
        ))}
        {rejects.map(({ property, code }) => (
          <Value key={`${property} ${code}`} name={property ?? t("createIntegration.record")}>
            <Box color="text-status-error">{codeText(t, code)}</Box>
          </Value>
        ))}
      </dl>
    </section>
  );
}

function Value({ name, children }: { name: string; children: React.ReactNode }) {
  return (
    <>
      <dt className="anything">{name}</dt>
      <dd>{children}</dd>
    </>
  );
}

/** Display names by the keys that the preview was asked with. */
function namesByKey(draft: DefinitionDraft): Map<string, string> {
  const rows = new Map(draft.properties.map((row) => [row.property, displayName(row)]));
  return new Map(
    toPreview(draft).mappings.map(({ attribute, property }) => [attribute, rows.get(property) ?? property]),
  );
}
