import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useTranslation } from "react-i18next";
import { type GroupDraft, isGroup, itemsWithin, MAX_COMPARISONS, MAX_DEPTH, nextId } from "../../services/conditions";
import type { ConditionContext } from "./fields";
import { Group } from "./group";

interface ConditionFieldsProps extends Pick<ConditionContext, "attributes" | "types" | "faults"> {
  root: GroupDraft;
  onChange: (root: GroupDraft) => void;
}

/** Where the condition is in the body that is sent. */
export const CONDITION = "/condition";

/** A condition, built from comparisons and groups. */
export function ConditionFields({ root, onChange, ...context }: ConditionFieldsProps) {
  const { t } = useTranslation();
  const items = itemsWithin(root);
  const full = items.filter((item) => !isGroup(item)).length >= MAX_COMPARISONS;
  // Whether a missing value is set has an answer; whatever else is negated of it has none.
  const negated = [root, ...items].some((item) => item.negated && (isGroup(item) || item.operator !== "is_set"));
  return (
    <SpaceBetween size="m">
      <Group
        group={root}
        pointer={CONDITION}
        place=""
        depth={0}
        context={{ ...context, full, nextId: () => nextId(root) }}
        onChange={onChange}
      />
      {full && (
        <Box color="text-body-secondary">{t("condition.full", { comparisons: MAX_COMPARISONS, depth: MAX_DEPTH })}</Box>
      )}
      {negated && (
        <Alert type="info" header={t("condition.missing.header")}>
          {t("condition.missing.text")}
        </Alert>
      )}
    </SpaceBetween>
  );
}
