import Badge from "@cloudscape-design/components/badge";
import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useTranslation } from "react-i18next";
import { Link } from "../../components/link";
import { useFormats } from "../../services/formats";
import type { Receipt } from "../../services/schema";

/** The properties of a batch that were not mapped; nothing where all were. */
export function UnmappedCounts({ receipt: { unmapped, unmapped_others, integration } }: { receipt: Receipt }) {
  const { t } = useTranslation();
  const formats = useFormats();
  const found = Object.entries(unmapped).sort(([, a], [, b]) => b - a);
  if (found.length === 0) {
    return null;
  }
  const others: [string, number][] = unmapped_others > 0 ? [[t("receipt.others"), unmapped_others]] : [];
  return (
    <Container
      header={
        <Header
          variant="h2"
          description={t("receipt.unmappedText")}
          actions={<Link to={`/integrations/${integration}`}>{t("receipt.map")}</Link>}
        >
          {t("receipt.unmapped")}
        </Header>
      }
    >
      <SpaceBetween direction="horizontal" size="s">
        {[...found, ...others].map(([property, count]) => (
          <Box key={property}>
            <span className="anything">{property}</span> <Badge>{formats.number(count)}</Badge>
          </Box>
        ))}
      </SpaceBetween>
    </Container>
  );
}
