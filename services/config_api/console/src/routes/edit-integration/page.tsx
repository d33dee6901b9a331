import { useQuery } from "@tanstack/react-query";
import { useParams } from "react-router";
import { ProblemAlert } from "../../components/problem-alert";
import { ReadOnly } from "../../components/read-only";
import { Waiting } from "../../components/waiting";
import { integrationQuery } from "../../services/integrations";
import { useApi, useCan } from "../../services/services";
import { NotFound } from "../not-found/not-found";
import { EditForm } from "./edit-form";

/** Edit integration: its name and its mapping. */
export function Component() {
  const number = Number(useParams()["integration"]);
  const can = useCan()("config:write");
  if (!can) {
    return <ReadOnly />;
  }
  return Number.isSafeInteger(number) && number > 0 ? <Edit integration={number} /> : <NotFound />;
}

function Edit({ integration }: { integration: number }) {
  const { data, error, refetch } = useQuery(integrationQuery(useApi(), integration));
  if (error !== null) {
    return <ProblemAlert error={error} onRetry={() => void refetch()} />;
  }
  return data === undefined ? <Waiting /> : <EditForm key={data.version} view={data} onReload={() => void refetch()} />;
}
