import Box from "@cloudscape-design/components/box";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import { useTranslation } from "react-i18next";
import { displayName } from "../../services/attribute-keys";
import { type DefinitionDraft, toPreview } from "../../services/definition";
import { codeText } from "../../services/problems";
import type { Preview, PreviewReject, PreviewValue } from "../../services/schema";

/** How many records are shown; the others are counted. */
const SHOWN = 10;

/** What becomes of each record of a sample: its values as they would be stored, or why they would not be. */
export function PreviewList({ preview, draft }: { preview: Preview; draft: DefinitionDraft }) {
  const { t } = useTranslation();
  const records = new Map(preview.records.map((record) => [record.index, record]));
  const indexes = [...new Set([...records.keys(), ...preview.rejects.map(({ index }) => index)])].sort((a, b) => a - b);
  const properties = propertiesOf(draft);
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
          properties={properties}
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
  properties: Properties;
}

function RecordPreview({ index, userId, attributes, rejects, properties }: RecordPreviewProps) {
  const { t } = useTranslation();
  const values = Object.entries(attributes).map(([key, { text }]) => ({
    key,
    property: properties.byKey.get(key) ?? key,
    shown: text === null ? <em>{t("createIntegration.cleared")}</em> : <span className="anything">{text}</span>,
  }));
  const refused = rejects.map(({ property, code }) => ({
    key: `${property} ${code}`,
    property,
    shown: <Box color="text-status-error">{codeText(t, code)}</Box>,
  }));
  const place = ({ property }: { property: string | null }) => [...properties.names.keys()].indexOf(property ?? "");
  const rows = [...values, ...refused].sort((one, other) => place(one) - place(other));
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
        {rows.map(({ key, property, shown }) => (
          <Value
            key={key}
            name={property === null ? t("createIntegration.record") : (properties.names.get(property) ?? property)}
          >
            {shown}
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

interface Properties {
  /** What each is called, in the order of the draft. */
  names: ReadonlyMap<string, string>;
  /** Which of them becomes each attribute, by the keys that the preview was asked with. */
  byKey: ReadonlyMap<string, string>;
}

function propertiesOf(draft: DefinitionDraft): Properties {
  return {
    names: new Map(draft.properties.map((row) => [row.property, displayName(row)])),
    byKey: new Map(toPreview(draft).mappings.map(({ attribute, property }) => [attribute, property])),
  };
}
