import FormField from "@cloudscape-design/components/form-field";
import RadioGroup from "@cloudscape-design/components/radio-group";
import { useTranslation } from "react-i18next";

const HOUR_S = 3600;
const DAY_S = 24 * HOUR_S;

const OVERLAPS = [
  { seconds: 0, name: "none" },
  { seconds: HOUR_S, name: "hour" },
  { seconds: DAY_S, name: "day" },
  { seconds: 7 * DAY_S, name: "week" },
  { seconds: 30 * DAY_S, name: "month" },
] as const;

/** What is proposed, in seconds. */
export const OVERLAP_S: number = DAY_S;

interface OverlapFieldProps {
  /** In seconds. */
  value: number;
  onChange: (seconds: number) => void;
}

/** How long a former token works on beside the new one. */
export function OverlapField({ value, onChange }: OverlapFieldProps) {
  const { t } = useTranslation();
  return (
    <FormField label={t("rights.overlap")}>
      <RadioGroup
        value={String(value)}
        onChange={({ detail }) => onChange(Number(detail.value))}
        items={OVERLAPS.map(({ seconds, name }) => ({
          value: String(seconds),
          label: t(`rights.overlaps.${name}`),
        }))}
      />
    </FormField>
  );
}
