import DatePicker from "@cloudscape-design/components/date-picker";
import Input from "@cloudscape-design/components/input";
import { useTranslation } from "react-i18next";
import { TextButton } from "../text-button";

/** How long a day is as text: YYYY-MM-DD. */
const DAY = 10;
const MIDNIGHT = "T00:00:00Z";

interface MomentFieldProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
}

/** A whole day, or a moment with its zone (RFC 3339). */
export function MomentField({ label, value, onChange }: MomentFieldProps) {
  const { t } = useTranslation();
  const timed = value.length > DAY;
  return (
    <div>
      {timed ? (
        <Input ariaLabel={label} value={value} spellcheck={false} onChange={({ detail }) => onChange(detail.value)} />
      ) : (
        <DatePicker
          ariaLabel={label}
          value={value}
          inputFormat="iso"
          format="iso"
          placeholder={t("condition.dayPlaceholder")}
          expandToViewport
          openCalendarAriaLabel={(day) => [t("condition.openCalendar"), day].filter(Boolean).join(" · ")}
          i18nStrings={{
            todayAriaLabel: t("condition.today"),
            previousMonthAriaLabel: t("condition.previousMonth"),
            nextMonthAriaLabel: t("condition.nextMonth"),
          }}
          onChange={({ detail }) => onChange(detail.value)}
        />
      )}
      <div className="comparison-precision">
        <span>{t(timed ? "condition.moment" : "condition.day")}</span>
        {value.length >= DAY && (
          <TextButton onClick={() => onChange(timed ? value.slice(0, DAY) : value + MIDNIGHT)}>
            {t(timed ? "condition.wholeDay" : "condition.withTime")}
          </TextButton>
        )}
      </div>
    </div>
  );
}
