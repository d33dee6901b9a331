import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import MixedLineBarChart, { type MixedLineBarChartProps } from "@cloudscape-design/components/mixed-line-bar-chart";
import SegmentedControl from "@cloudscape-design/components/segmented-control";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { ProblemAlert } from "../../components/problem-alert";
import { Waiting } from "../../components/waiting";
import { useFormats } from "../../services/formats";
import { type Slice, SPANS, type Step, slicesQuery } from "../../services/minutes";
import { useApi } from "../../services/services";

const STEPS = ["minute", "hour"] as const;
const HEIGHT_PX = 220;

/** What came in: records received, written and rejected, minute by minute or hour by hour, and their sums. */
export function SlicesChart({ integration }: { integration: number }) {
  const { t } = useTranslation();
  const [step, setStep] = useState<Step>("minute");
  const { data, error, refetch } = useQuery(slicesQuery(useApi(), integration, step));
  const header = (
    <Header
      variant="h2"
      description={t(step === "minute" ? "integration.chart.perMinute" : "integration.chart.perHour")}
      actions={
        <SegmentedControl
          label={t("integration.chart.step")}
          selectedId={step}
          options={STEPS.map((id) => ({ id, text: t(`integration.chart.steps.${id}`) }))}
          onChange={({ detail }) => setStep(STEPS.find((id) => id === detail.selectedId) ?? step)}
        />
      }
    >
      {t("integration.chart.title")}
    </Header>
  );
  return (
    <Container header={header}>
      <SpaceBetween size="l">
        {error !== null && <ProblemAlert error={error} onRetry={() => void refetch()} />}
        {data === undefined && error === null && <Waiting />}
        {data !== undefined && <Sums slices={data} />}
        {data !== undefined && <ChartOrNothing slices={data} step={step} />}
      </SpaceBetween>
    </Container>
  );
}

function Sums({ slices }: { slices: readonly Slice[] }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const fields = ["received", "written", "rejected", "valuesRejected"] as const;
  return (
    <KeyValuePairs
      columns={4}
      items={fields.map((field) => {
        const sum = slices.reduce((total, slice) => total + slice[field], 0);
        const refused = sum > 0 && (field === "rejected" || field === "valuesRejected");
        return {
          label: t(`integration.chart.${field}`),
          value: (
            <Box variant="span" fontSize="heading-l" color={refused ? "text-status-error" : "inherit"}>
              <span className="numbers">{formats.number(sum)}</span>
            </Box>
          ),
        };
      })}
    />
  );
}

function ChartOrNothing({ slices, step }: { slices: readonly Slice[]; step: Step }) {
  const { t } = useTranslation();
  return slices.some(({ received }) => received > 0) ? (
    <Chart slices={slices} step={step} />
  ) : (
    <Box color="text-body-secondary">{t("integration.chart.nothing")}</Box>
  );
}

function Chart({ slices, step }: { slices: readonly Slice[]; step: Step }) {
  const { t } = useTranslation();
  const formats = useFormats();
  return (
    <MixedLineBarChart
      ariaLabel={t("integration.chart.title")}
      height={HEIGHT_PX}
      stackedBars
      hideFilter
      xScaleType="categorical"
      xTitle={t("integration.chart.time")}
      yTitle={t("integration.chart.records")}
      series={useSeries(slices)}
      xDomain={slices.map(({ start }) => start)}
      yDomain={[0, Math.max(5, ...slices.map(({ received }) => received))]}
      i18nStrings={{
        xTickFormatter: (start) => formats.time(start),
        yTickFormatter: (count) => formats.number(count),
        detailPopoverDismissAriaLabel: t("actions.close"),
      }}
      detailPopoverFooter={(start) => (
        <Box variant="small">{`${formats.time(start)} – ${formats.time(new Date(start.getTime() + SPANS[step].ms))}`}</Box>
      )}
    />
  );
}

function useSeries(slices: readonly Slice[]): MixedLineBarChartProps.ChartSeries<Date>[] {
  const { t } = useTranslation();
  const { number } = useFormats();
  const data = (field: "received" | "written" | "rejected") =>
    slices.map((slice) => ({ x: slice.start, y: slice[field] }));
  return [
    {
      type: "bar",
      title: t("integration.chart.written"),
      color: "var(--accent)",
      data: data("written"),
      valueFormatter: number,
    },
    {
      type: "bar",
      title: t("integration.chart.rejected"),
      color: "var(--refused)",
      data: data("rejected"),
      valueFormatter: number,
    },
    {
      type: "line",
      title: t("integration.chart.received"),
      color: "var(--received)",
      data: data("received"),
      valueFormatter: number,
    },
  ];
}
