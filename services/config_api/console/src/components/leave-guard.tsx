import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useEffect } from "react";
import { useTranslation } from "react-i18next";
import { useBlocker } from "react-router";

interface LeaveGuardProps {
  /** Whether there is something to lose. */
  when: boolean;
  /** What would be lost. */
  text: string;
}

/** Asks before a page with unsaved work is left, whether for another page or for another site. */
export function LeaveGuard({ when, text }: LeaveGuardProps) {
  const { t } = useTranslation();
  const blocker = useBlocker(
    ({ currentLocation, nextLocation }) => when && currentLocation.pathname !== nextLocation.pathname,
  );
  useEffect(() => {
    const ask = (event: BeforeUnloadEvent) => event.preventDefault(); // the browser asks in its own words
    if (when) {
      window.addEventListener("beforeunload", ask);
    }
    return () => window.removeEventListener("beforeunload", ask);
  }, [when]);
  if (blocker.state !== "blocked") {
    return null;
  }
  return (
    <Modal
      visible
      header={t("shell.leave.title")}
      closeAriaLabel={t("actions.close")}
      onDismiss={() => blocker.reset()}
      footer={
        <Box float="right">
          <SpaceBetween direction="horizontal" size="xs">
            <Button variant="link" onClick={() => blocker.reset()}>
              {t("shell.leave.stay")}
            </Button>
            <Button variant="primary" onClick={() => blocker.proceed()}>
              {t("shell.leave.leave")}
            </Button>
          </SpaceBetween>
        </Box>
      }
    >
      {text}
    </Modal>
  );
}
