import DateRangePicker, { type DateRangePickerProps } from "@cloudscape-design/components/date-range-picker";
import Select from "@cloudscape-design/components/select";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { ReceiptsFilter, Times } from "../../services/receipts";
import type { IntegrationView } from "../../services/schema";
import "../../components/searched-table.css";

const HOUR_MS = 3_600_000;
const UNITS_MS: Partial<Record<DateRangePickerProps.TimeUnit, number>> = {
  second: 1_000,
  minute: 60_000,
  hour: HOUR_MS,
  day: 24 * HOUR_MS,
  week: 7 * 24 * HOUR_MS,
};
const RELATIVE = [
  { key: "hour", amount: 1, unit: "hour", type: "relative" },
  { key: "day", amount: 24, unit: "hour", type: "relative" },
  { key: "week", amount: 7, unit: "day", type: "relative" },
] as const;

interface ReceiptFiltersProps {
  integrations: readonly IntegrationView[];
  filter: ReceiptsFilter;
  onIntegration: (id: string) => void;
  onState: (state: string) => void;
  onTimes: (times: Times | undefined) => void;
}

/** Of which integration, in which state, received when. */
export function ReceiptFilters({ integrations, filter, onIntegration, onState, onTimes }: ReceiptFiltersProps) {
  const { t } = useTranslation();
  const named = integrations.map(({ id, name, state }) => ({
    value: String(id),
    label: name,
    ...(state === "deleted" ? { description: t("receipts.deleted") } : {}),
  }));
  const choices = [{ value: "", label: t("receipts.filters.allIntegrations") }, ...named];
  const states = [
    { value: "", label: t("receipts.filters.allStates") },
    { value: "written", label: t("receipts.states.written") },
    { value: "failed", label: t("receipts.states.failed") },
  ];
  const of = <Option extends { value: string }>(options: readonly Option[], value: string | undefined) =>
    options.find((option) => option.value === (value ?? "")) ?? null;
  return (
    <div className="table-filters">
      <div className="table-filter">
        <Select
          inlineLabelText={t("receipts.filters.integration")}
          ariaLabel={t("receipts.filters.integration")}
          options={choices}
          selectedOption={of(choices, filter.integration?.toString())}
          filteringType="auto"
          expandToViewport
          onChange={({ detail }) => onIntegration(detail.selectedOption.value ?? "")}
        />
      </div>
      <div className="table-filter">
        <Select
          inlineLabelText={t("receipts.filters.state")}
          ariaLabel={t("receipts.filters.state")}
          options={states}
          selectedOption={of(states, filter.state)}
          expandToViewport
          onChange={({ detail }) => onState(detail.selectedOption.value ?? "")}
        />
      </div>
      <TimesFilter onTimes={onTimes} />
    </div>
  );
}

function TimesFilter({ onTimes }: { onTimes: (times: Times | undefined) => void }) {
  const { t, i18n } = useTranslation();
  const [value, setValue] = useState<DateRangePickerProps.Value | null>(null);
  const isValidRange: DateRangePickerProps.ValidationFunction = (range) => {
    if (range?.type !== "absolute") {
      return { valid: true };
    }
    if (!range.startDate.includes("T") || !range.endDate.includes("T")) {
      return { valid: false, errorMessage: t("receipts.filters.incomplete") };
    }
    return Date.parse(range.startDate) < Date.parse(range.endDate)
      ? { valid: true }
      : { valid: false, errorMessage: t("receipts.filters.endFirst") };
  };
  return (
    <div className="table-filter">
      <DateRangePicker
        value={value}
        locale={i18n.language}
        relativeOptions={RELATIVE}
        isValidRange={isValidRange}
        absoluteFormat="long-localized"
        hideTimeOffset
        placeholder={t("receipts.filters.receivedAnyTime")}
        ariaLabel={t("receipts.filters.times")}
        expandToViewport
        i18nStrings={{
          relativeModeTitle: t("receipts.filters.lately"),
          absoluteModeTitle: t("receipts.filters.fromTo"),
          clearButtonLabel: t("receipts.filters.anyTime"),
        }}
        onChange={({ detail }) => {
          setValue(detail.value);
          onTimes(timesOf(detail.value));
        }}
      />
    </div>
  );
}

function timesOf(value: DateRangePickerProps.Value | null): Times | undefined {
  switch (value?.type) {
    case "absolute":
      return { from: new Date(value.startDate).toISOString(), to: new Date(value.endDate).toISOString() };
    case "relative": {
      const unit = UNITS_MS[value.unit];
      return unit === undefined ? undefined : { last: value.amount * unit };
    }
    default:
      return undefined;
  }
}
