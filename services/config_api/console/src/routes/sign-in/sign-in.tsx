import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import { useTranslation } from "react-i18next";
import { ProblemAlert } from "../../components/problem-alert";
import { TopBar } from "../../components/top-bar";
import { useFocusOnFault } from "../../components/use-focus-on-fault";
import { useTitle } from "../../components/use-title";
import { answered } from "../../services/problems";
import type { Credentials, SignedIn } from "../../services/schema";
import { useServices } from "../../services/services";
import "./sign-in.css";

/** `expired` is whose session has ended; their pages wait behind this one. */
export default function SignIn({ expired }: { expired?: SignedIn }) {
  const { t } = useTranslation();
  useTitle(t("session.signIn"));
  return (
    <>
      <TopBar />
      <main className="sign-in">
        <SpaceBetween size="l">
          <Box textAlign="center">
            <img src="/mark.svg" alt="" width={56} height={56} />
            <Box variant="h1" padding={{ top: "s" }}>
              {t("session.title")}
            </Box>
            <Box color="text-body-secondary">{t("session.lead")}</Box>
          </Box>
          {expired !== undefined && (
            <Alert type="info" header={t("session.expiredTitle")}>
              {t("session.expired")}
            </Alert>
          )}
          <SignInForm name={expired?.name ?? ""} formerly={expired?.id} />
        </SpaceBetween>
      </main>
    </>
  );
}

function SignInForm({ name: first, formerly }: { name: string; formerly: number | undefined }) {
  const { t } = useTranslation();
  const [name, setName] = useState(first);
  const [password, setPassword] = useState("");
  const [tried, setTried] = useState(false);
  const signIn = useSignIn(formerly);
  useFocusOnFault(tried && (name === "" || password === ""), 0);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (name !== "" && password !== "") {
      signIn.mutate({ name, password });
    }
  };
  return (
    <form onSubmit={submit} noValidate>
      <Container>
        <SpaceBetween size="m">
          {signIn.isError && <ProblemAlert error={signIn.error} />}
          <FormField label={t("session.name")} errorText={tried && name === "" && t("session.nameMissing")}>
            <Input
              name="username"
              autoComplete="username"
              autoFocus={first === ""}
              value={name}
              onChange={({ detail }) => setName(detail.value)}
            />
          </FormField>
          <FormField label={t("session.password")} errorText={tried && password === "" && t("session.passwordMissing")}>
            <Input
              name="password"
              type="password"
              autoComplete="current-password"
              autoFocus={first !== ""}
              value={password}
              onChange={({ detail }) => setPassword(detail.value)}
            />
          </FormField>
          <Button variant="primary" formAction="submit" loading={signIn.isPending} fullWidth>
            {t("session.signIn")}
          </Button>
        </SpaceBetween>
      </Container>
    </form>
  );
}

function useSignIn(formerly: number | undefined) {
  const { api, session } = useServices();
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (credentials: Credentials) => answered(api.POST("/api/v1/session", { body: credentials })),
    onSuccess: (user) => {
      if (user.id !== formerly) {
        queries.clear(); // what somebody else may have seen
      }
      session.begin(user);
    },
  });
}
