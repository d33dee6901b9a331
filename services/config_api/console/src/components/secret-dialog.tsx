import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useTranslation } from "react-i18next";
import { CopiedText } from "./copied-text";

interface SecretDialogProps {
  title: string;
  /** What becomes of the former secret, and the like. */
  text: string;
  secret: string;
  onClose: () => void;
}

/** Shows a new secret, this once: a click beside the dialog does not take it away. */
export function SecretDialog({ title, text, secret, onClose }: SecretDialogProps) {
  const { t } = useTranslation();
  return (
    <Modal
      visible
      header={<span className="anything">{title}</span>}
      closeAriaLabel={t("actions.close")}
      onDismiss={({ detail }) => detail.reason === "closeButton" && onClose()}
      footer={
        <Box float="right">
          <Button variant="primary" onClick={onClose}>
            {t("rights.kept")}
          </Button>
        </Box>
      }
    >
      <SpaceBetween size="m">
        <Box>{text}</Box>
        <CopiedText text={secret} label={t("rights.copy")} />
        <Alert type="warning">{t("rights.shownOnce")}</Alert>
      </SpaceBetween>
    </Modal>
  );
}
