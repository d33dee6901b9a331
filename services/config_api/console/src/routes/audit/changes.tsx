import Box from "@cloudscape-design/components/box";
import { useMemo, useState } from "react";
import { useTranslation } from "react-i18next";
import { TextButton } from "../../components/text-button";
import { type Difference, differences } from "../../services/differences";
import { useFormats } from "../../services/formats";
import type { Entry } from "../../services/schema";
import { pathText, valueText } from "./words";

/** How many differences are shown at first. */
const FIRST = 3;

/** What a change changed: the first few places, all on demand; of something made or deleted, what it held on demand. */
export function Changes({ entry }: { entry: Entry }) {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const all = useMemo(() => differences(entry.before, entry.after).filter(says), [entry]);
  const oneSided = entry.before === null || entry.after === null;
  const atFirst = oneSided ? 0 : FIRST;
  const shown = open ? all : all.slice(0, atFirst);
  const more = oneSided ? t("audit.contents") : t("audit.more", { count: all.length - atFirst });
  return (
    <>
      {shown.length > 0 && (
        <dl className="differences">
          {shown.map((difference) => (
            <Change key={JSON.stringify(difference.path)} {...difference} />
          ))}
        </dl>
      )}
      {all.length > atFirst && (
        <TextButton
          iconName={open ? "angle-up" : "angle-down"}
          iconAlign="right"
          ariaExpanded={open}
          onClick={() => setOpen(!open)}
        >
          {open ? t("audit.less") : more}
        </TextButton>
      )}
      {open && (
        <Box variant="small" display="block">
          {t("audit.requestId", { id: entry.request_id })}
        </Box>
      )}
    </>
  );
}

/** Of what was made or deleted, whatever held nothing says nothing; no list of systems is all of them. */
function says({ path, before, after }: Difference): boolean {
  const held = before === undefined ? after : before;
  return (before !== undefined && after !== undefined) || held !== null || path.at(-1)?.name === "systems";
}

function Change({ path, before, after }: Difference) {
  const { t } = useTranslation();
  const formats = useFormats();
  const field = path.findLast(({ given }) => !given)?.name ?? "";
  const text = (value: unknown) => valueText(t, formats, field, value);
  return (
    <>
      <dt className="anything">
        <Box variant="span" color="text-body-secondary">
          {pathText(t, path)}
        </Box>
      </dt>
      <dd>
        {before !== undefined && <del className="anything">{text(before)}</del>}
        {before !== undefined && after !== undefined && (
          <span className="becomes">
            <span className="unseen">{t("audit.arrow")}</span>
          </span>
        )}
        {after !== undefined && <ins className="anything">{text(after)}</ins>}
      </dd>
    </>
  );
}
