import Box from "@cloudscape-design/components/box";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import type { TFunction } from "i18next";
import type { ReactNode } from "react";
import { Ago } from "../../components/ago";
import type { Column } from "../../components/searched-table";
import { ShortName } from "../../components/short-name";
import { SystemNames } from "../../components/system-names";
import type { Formats } from "../../services/formats";
import type { AccessTokenView, SecretView } from "../../services/schema";
import { SCOPES } from "../../services/scopes";

type Token = AccessTokenView;

interface Shown {
  /** Whether there is room for a column of when tokens end; else it stands below their names. */
  wide: boolean;
  /** In the last column of tokens that live. */
  actions: ((token: Token) => ReactNode) | undefined;
}

/** The table's columns. */
export function columns(t: TFunction, formats: Formats, { wide, actions }: Shown): Column<Token>[] {
  const text = (a: string | null, b: string | null) => (a ?? "").localeCompare(b ?? "", formats.language);
  return [
    {
      id: "name",
      header: t("accessTokens.columns.name"),
      cell: (token) => (
        <>
          <Name {...{ token, t }} />
          {!wide && actions !== undefined && token.expires_at !== null && (
            <Box variant="small" display="block">
              {!token.expired && `${t("accessTokens.columns.expires")} `}
              <Expiry {...{ token, t, formats }} />
            </Box>
          )}
        </>
      ),
      sortingField: "name",
      sortingComparator: (a, b) => text(a.name, b.name),
      isRowHeader: true,
      minWidth: 150,
    },
    {
      id: "systems",
      header: t("accessTokens.columns.reach"),
      cell: (token) => <Reach {...{ token, t, formats }} />,
      minWidth: 165,
    },
    ...(actions === undefined
      ? [revoked(t, formats)]
      : [secrets(t, formats, wide), ...(wide ? [expiry(t, formats)] : [])]),
    {
      id: "lastUsed",
      header: t("accessTokens.columns.lastUsed"),
      cell: ({ last_used_at: moment }) =>
        moment === null ? (
          <Box color="text-body-secondary">{t("accessTokens.neverUsed")}</Box>
        ) : (
          <Ago moment={moment} />
        ),
      sortingField: "lastUsed",
      sortingComparator: (a, b) => text(a.last_used_at, b.last_used_at),
      minWidth: 146,
    },
    ...(actions === undefined
      ? []
      : [
          {
            id: "actions",
            header: <span className="unseen">{t("table.actions")}</span>,
            cell: actions,
            minWidth: 50,
          },
        ]),
  ];
}

function secrets(t: TFunction, formats: Formats, wide: boolean): Column<Token> {
  return {
    id: "secrets",
    header: t("accessTokens.columns.secrets"),
    cell: (token) => token.secrets.map((secret) => <Secret key={secret.id} {...{ secret, t, formats, wide }} />),
    minWidth: wide ? 180 : 115,
  };
}

function expiry(t: TFunction, formats: Formats): Column<Token> {
  return {
    id: "expires",
    header: t("accessTokens.columns.expires"),
    cell: (token) => <Expiry {...{ token, t, formats }} />,
    sortingField: "expires",
    sortingComparator: (a, b) => (a.expires_at ?? "9").localeCompare(b.expires_at ?? "9"),
    minWidth: 126,
  };
}

function Expiry({ token: { expired, expires_at: end }, t, formats }: { token: Token; t: TFunction; formats: Formats }) {
  if (end === null) {
    return t("accessTokens.never");
  }
  if (expired) {
    return (
      <StatusIndicator type="error">
        {t("accessTokens.expired", { date: formats.date(lastMoment(end)) })}
      </StatusIndicator>
    );
  }
  return (
    <time className="whole" dateTime={end} title={formats.dateTime(end)}>
      {formats.date(lastMoment(end))}
    </time>
  );
}

/** A token that ends at midnight works on the day before. */
function lastMoment(end: string): Date {
  return new Date(Date.parse(end) - 1);
}

function revoked(t: TFunction, formats: Formats): Column<Token> {
  return {
    id: "revoked",
    header: t("accessTokens.columns.revoked"),
    cell: ({ revoked_at: moment }) => moment !== null && formats.dateTime(moment),
    sortingField: "revoked",
    sortingComparator: (a, b) => (a.revoked_at ?? "").localeCompare(b.revoked_at ?? ""),
    minWidth: 150,
  };
}

function Name({ token, t }: { token: Token; t: TFunction }) {
  const names = SCOPES.filter(({ scope }) => token.scopes.includes(scope)).map(({ text }) =>
    t(`rights.scopes.${text}`),
  );
  return (
    <>
      <ShortName text={token.name} strong />
      <Box variant="small" display="block">
        {names.join(" · ")}
      </Box>
    </>
  );
}

function Reach({ token, t, formats }: { token: Token; t: TFunction; formats: Formats }) {
  const rate = token.records_per_s;
  return (
    <>
      <SystemNames systems={token.systems} />
      {rate !== null && (
        <Box variant="small" display="block">
          {rate === 0
            ? t("accessTokens.noLimit")
            : t("accessTokens.perSecond", { count: rate, number: formats.number(rate) })}
        </Box>
      )}
    </>
  );
}

interface SecretProps {
  secret: SecretView;
  t: TFunction;
  formats: Formats;
  wide: boolean;
}

/** A live secret: its last characters, and its end where another one follows it. */
function Secret({ secret, t, formats, wide }: SecretProps) {
  const { hint, expires_at: end } = secret;
  return (
    <div>
      <code>{`…${hint}`}</code>
      {end !== null && (
        <Box variant="small" display="block">
          <time className={wide ? "whole" : ""} dateTime={end}>
            {t("accessTokens.until", { moment: formats.dateTime(end) })}
          </time>
        </Box>
      )}
    </div>
  );
}
