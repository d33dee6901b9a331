import Box from "@cloudscape-design/components/box";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { ReactNode } from "react";

interface EmptyStateProps {
  title: string;
  text: string;
  /** What leads on. */
  action?: ReactNode;
}

/** In place of a list of nothing. */
export function EmptyState({ title, text, action }: EmptyStateProps) {
  return (
    <Box textAlign="center" padding="xl">
      <SpaceBetween size="s">
        <Box variant="h3" tagOverride="h2">
          {title}
        </Box>
        <Box color="text-body-secondary">{text}</Box>
        {action}
      </SpaceBetween>
    </Box>
  );
}
