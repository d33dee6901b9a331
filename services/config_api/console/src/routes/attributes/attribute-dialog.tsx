import Box from "@cloudscape-design/components/box";
import FormField from "@cloudscape-design/components/form-field";
import { useQuery } from "@tanstack/react-query";
import { useTranslation } from "react-i18next";
import { Choice } from "../../components/definition/choice";
import { FormDialog } from "../../components/form-dialog";
import { checkNames, NamedFields } from "../../components/named-fields";
import { useNotify } from "../../components/notifications";
import { useForm } from "../../components/use-form";
import { freeKey } from "../../services/attribute-keys";
import type { AttributeType, AttributeView, SystemView } from "../../services/schema";
import { useApi } from "../../services/services";
import { attributesQuery, useCreateAttribute, useRenameAttribute } from "../../services/systems";

const TYPES = ["String", "Number", "Date"] as const satisfies readonly AttributeType[];
const FIRST: AttributeType = "String";

interface AttributeDialogProps {
  system: SystemView;
  before: AttributeView | undefined;
  onClose: () => void;
}

/** Makes an attribute, or names one anew. */
export default function AttributeDialog({ system, before, onClose }: AttributeDialogProps) {
  const { t } = useTranslation();
  const notify = useNotify();
  const { data = [] } = useQuery(attributesQuery(useApi(), system.key));
  const create = useCreateAttribute(system.key);
  const rename = useRenameAttribute(system.key);
  const error = create.error ?? rename.error;
  const proposed = (name: string) =>
    freeKey(
      name,
      data.map(({ key }) => key),
    );
  const form = useForm({
    first: { name: before?.name ?? "", key: "", type: FIRST },
    check: (names) => checkNames(t, names),
    fields: ["/name", "/key", "/type"],
    error,
    send: (draft) => {
      const name = draft.name.trim();
      const onSuccess = () => {
        onClose();
        notify("success", t(before === undefined ? "names.created" : "names.saved", { name }));
      };
      if (before === undefined) {
        create.mutate({ name, key: draft.key || proposed(name), type: draft.type }, { onSuccess });
      } else {
        rename.mutate({ before, name }, { onSuccess });
      }
    },
  });
  const { draft, change } = form;
  return (
    <FormDialog
      title={
        before === undefined
          ? t("attributes.createIn", { name: system.name })
          : t("attributes.renameOf", { name: before.name })
      }
      action={before === undefined ? t("names.create") : t("actions.save")}
      busy={create.isPending || rename.isPending}
      error={error}
      {...form}
      onClose={onClose}
    >
      {before !== undefined && <Box>{t("attributes.renameText")}</Box>}
      <NamedFields
        value={draft}
        onChange={change}
        proposed={before === undefined ? proposed(draft.name) : undefined}
        faults={form.faults.shown}
      />
      {before === undefined && (
        <FormField
          label={t("attributes.type")}
          description={t("attributes.typeText")}
          errorText={form.faults.shown.get("/type")}
        >
          <Choice
            choices={TYPES}
            text={(type) => t(`createIntegration.types.${type}`)}
            describe={(type) => t(`createIntegration.typeTexts.${type}`)}
            value={draft.type}
            onChange={(type) => change({ type })}
          />
        </FormField>
      )}
    </FormDialog>
  );
}
