import { useTranslation } from "react-i18next";

const UNITS = [
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
  ["second", 1],
] as const;

/** Numbers and times as the user's language writes them. */
export interface Formats {
  language: string;
  number: (value: number) => string;
  dateTime: (moment: string | Date) => string;
  date: (moment: string | Date) => string;
  time: (moment: string | Date) => string;
  /** A span in seconds, to the hundredth. */
  seconds: (value: number) => string;
  /** How long ago: "3 minutes ago". */
  ago: (moment: string, now: Date) => string;
}

/** Those that were made already: each takes milliseconds, and every row of a table asks for them. */
const made = new Map<string, Formats>();

export function useFormats(): Formats {
  const { language } = useTranslation().i18n;
  const known = made.get(language) ?? formats(language);
  made.set(language, known);
  return known;
}

export function formats(language: string): Formats {
  const numbers = new Intl.NumberFormat(language);
  const hundredths = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });
  const dateTimes = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "medium" });
  const dates = new Intl.DateTimeFormat(language, { dateStyle: "medium" });
  const times = new Intl.DateTimeFormat(language, { timeStyle: "short" });
  const relative = new Intl.RelativeTimeFormat(language, { numeric: "auto" });
  return {
    language,
    number: (value) => numbers.format(value),
    seconds: (value) => hundredths.format(value),
    dateTime: (moment) => dateTimes.format(new Date(moment)),
    date: (moment) => dates.format(new Date(moment)),
    time: (moment) => times.format(new Date(moment)),
    ago: (moment, now) => {
      const seconds = Math.max(0, Math.round((now.getTime() - new Date(moment).getTime()) / 1000));
      const [unit, size] = UNITS.find(([, each]) => seconds >= each) ?? ["second", 1];
      return relative.format(-Math.floor(seconds / size), unit);
    },
  };
}
