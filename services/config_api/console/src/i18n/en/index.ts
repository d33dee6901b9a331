import { accessTokens } from "./access-tokens";
import { actions } from "./actions";
import { attributes } from "./attributes";
import { audit } from "./audit";
import { condition } from "./condition";
import { createIntegration } from "./create-integration";
import { createSegment } from "./create-segment";
import { editIntegration } from "./edit-integration";
import { editSegment } from "./edit-segment";
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
import { segment } from "./segment";
import { segments } from "./segments";
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
  segments,
  segment,
  createSegment,
  editSegment,
  condition,
} as const;
