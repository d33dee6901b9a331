import ContentLayout from "@cloudscape-design/components/content-layout";
import Header from "@cloudscape-design/components/header";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { ReactNode } from "react";
import { ProblemAlert } from "./problem-alert";
import { useTitle } from "./use-title";

interface ListPageProps {
  title: string;
  description: string;
  /** What can be done beside changing what is listed, such as making one more. */
  actions?: ReactNode;
  /** How reading the list went. */
  read: { error: Error | null; data: unknown; refetch: () => Promise<unknown> };
  children: ReactNode;
}

/** A page that lists things; of what could not be read, it says why instead. */
export function ListPage({ title, description, actions, read, children }: ListPageProps) {
  useTitle(title);
  const failed = read.error !== null && read.data === undefined;
  const header = (
    <Header variant="h1" description={description} actions={!failed && actions}>
      {title}
    </Header>
  );
  return (
    <ContentLayout header={header}>
      <SpaceBetween size="m">
        {read.error !== null && <ProblemAlert error={read.error} onRetry={() => void read.refetch()} />}
        {!failed && children}
      </SpaceBetween>
    </ContentLayout>
  );
}
