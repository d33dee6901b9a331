import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import type { TFunction } from "i18next";
import { useTranslation } from "react-i18next";
import { useNavigate } from "react-router";
import type { IntegrationView, MappingView } from "../../services/schema";
import { useCan } from "../../services/services";
import { Revisions } from "./revisions";

/** What an integration's properties become, and what they became before. */
export function Mapping({ view }: { view: IntegrationView }) {
  return (
    <SpaceBetween size="l">
      <InForce view={view} />
      <Revisions view={view} />
    </SpaceBetween>
  );
}

function InForce({ view }: { view: IntegrationView }) {
  const { t } = useTranslation();
  const navigate = useNavigate();
  const can = useCan()("config:write") && view.state !== "deleted";
  return (
    <Table
      header={
        <Header
          variant="h2"
          counter={`(${view.mappings.length})`}
          description={<Roles view={view} />}
          actions={
            can && (
              <Button onClick={() => void navigate(`/integrations/${view.id}/edit`)}>
                {t("createIntegration.addProperty")}
              </Button>
            )
          }
        >
          {t("integration.mapping.title")}
        </Header>
      }
      ariaLabels={{ tableLabel: t("integration.mapping.title") }}
      items={view.mappings}
      trackBy="property"
      empty={
        <Box color="text-body-secondary" textAlign="center">
          {t("integration.mapping.empty")}
        </Box>
      }
      wrapLines
      columnDefinitions={[
        {
          id: "property",
          header: t("integration.mapping.property"),
          cell: ({ property }) => <span className="anything">{property}</span>,
          isRowHeader: true,
          minWidth: 140,
        },
        {
          id: "attribute",
          header: t("integration.mapping.attribute"),
          cell: ({ name, attribute }) => (
            <>
              <div className="anything">{name}</div>
              <Box variant="small">{attribute}</Box>
            </>
          ),
          minWidth: 140,
        },
        {
          id: "type",
          header: t("integration.mapping.type"),
          cell: ({ type }) => t(`createIntegration.types.${type}`),
          minWidth: 90,
        },
        { id: "options", header: t("integration.mapping.options"), cell: (each) => options(t, each), minWidth: 160 },
      ]}
    />
  );
}

/** Which properties are no attributes, and what they are for. */
function Roles({ view }: { view: IntegrationView }) {
  const { t } = useTranslation();
  return (
    <>
      <b className="anything">{view.user_id.property}</b> {t("integration.mapping.userId")}
      {view.observed_at !== null && (
        <>
          {" · "}
          <b className="anything">{view.observed_at.property}</b> {t("integration.mapping.observedAt")}
        </>
      )}
    </>
  );
}

/** What is special about a property: what is as always, is not said. */
function options(t: TFunction, { on_empty, date_format, time_zone }: MappingView) {
  const found = [
    on_empty !== "reject" &&
      t("integration.mapping.onEmpty", { choice: t(`createIntegration.onEmptyChoices.${on_empty}`) }),
    date_format !== null && t("integration.mapping.dateFormat", { format: date_format }),
    time_zone !== null && t("integration.mapping.timeZone", { zone: time_zone }),
  ].filter((text) => text !== false);
  return found.map((text) => (
    <div key={text} className="anything">
      {text}
    </div>
  ));
}
