import { accessTokens } from "./access-tokens";
import { actions } from "./actions";
import { attributes } from "./attributes";
import { audit } from "./audit";
import { createIntegration } from "./create-integration";
import { editIntegration } from "./edit-integration";
import { integration } from "./integration";
import { integrations } from "./integrations";
import { names } from "./names";
import { password } from "./password";
import { problems } from "./problems";
import { profile } from "./profile";
import { profiles } from "./profiles";
import { receipt } from "./receipt";
import { receipts } from "./receipts";
import { rights } from "./rights";
import { session } from "./session";
import { shell } from "./shell";
import { systems } from "./systems";
import { table } from "./table";
import { users } from "./users";

export const en = {
  actions,
  createIntegration,
  editIntegration,
  integrations,
  problems,
  session,
  shell,
  accessTokens,
  rights,
  table,
  receipts,
  profiles,
  profile,
  receipt,
  integration,
  names,
  systems,
  attributes,
  users,
  password,
  audit,
} as const;
