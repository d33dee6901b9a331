import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Modal from "@cloudscape-design/components/modal";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Tiles from "@cloudscape-design/components/tiles";
import { useState } from "react";
import { useTranslation } from "react-i18next";

interface TypeDialogProps {
  onContinue: () => void;
  onClose: () => void;
}

/** The type of a new integration: which way the data goes, and over what. */
export default function TypeDialog({ onContinue, onClose }: TypeDialogProps) {
  const { t } = useTranslation();
  const [chosen, setChosen] = useState(false);
  const [tried, setTried] = useState(false);
  const connection = {
    value: "end-user-update-api",
    label: t("integrations.typeDialog.endUserUpdateApi"),
    description: t("integrations.typeDialog.endUserUpdateApiText"),
  };
  return (
    <Modal
      visible
      size="medium"
      header={t("integrations.typeDialog.title")}
      closeAriaLabel={t("actions.close")}
      onDismiss={onClose}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={onClose}>
              {t("actions.cancel")}
            </Button>
            <Button variant="primary" onClick={() => (chosen ? onContinue() : setTried(true))}>
              {t("integrations.typeDialog.continue")}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      <SpaceBetween size="l">
        <FormField label={t("integrations.typeDialog.type")} stretch>
          <Tiles
            value="data-in"
            columns={1}
            items={[
              {
                value: "data-in",
                label: t("integrations.typeDialog.dataIn"),
                description: t("integrations.typeDialog.dataInText"),
              },
            ]}
          />
        </FormField>
        <FormField
          label={t("integrations.typeDialog.connection")}
          errorText={tried && !chosen && t("integrations.typeDialog.connectionMissing")}
          stretch
        >
          <Select
            placeholder={t("integrations.typeDialog.connectionPlaceholder")}
            options={[connection]}
            selectedOption={chosen ? connection : null}
            onChange={() => setChosen(true)}
            expandToViewport
          />
        </FormField>
      </SpaceBetween>
    </Modal>
  );
}
