import Box from "@cloudscape-design/components/box";
import { useTranslation } from "react-i18next";
import { ConfirmDialog } from "../../components/confirm-dialog";
import { useNotify } from "../../components/notifications";
import type { SegmentView } from "../../services/schema";
import { type Place, useDeleteSegment } from "../../services/segments";

interface DeleteDialogProps {
  place: Place;
  segment: SegmentView;
  onClose: () => void;
  onDeleted: () => void;
}

/** Asks before a segment is deleted. */
export default function DeleteDialog({ place, segment, onClose, onDeleted }: DeleteDialogProps) {
  const { t } = useTranslation();
  const notify = useNotify();
  const { mutate, isPending, error } = useDeleteSegment(place);
  const onSuccess = () => {
    notify("success", t("segments.deleted", { name: segment.name }));
    onDeleted();
  };
  return (
    <ConfirmDialog
      title={t("segments.deleteOf", { name: segment.name })}
      action={t("actions.delete")}
      busy={isPending}
      error={error}
      onClose={onClose}
      onConfirm={() => mutate(segment, { onSuccess })}
    >
      <Box>{t("segments.deleteText")}</Box>
    </ConfirmDialog>
  );
}
