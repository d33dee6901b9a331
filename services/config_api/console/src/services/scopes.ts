import type { Scope } from "./schema";

/** Every right with the key of its texts, the usual ones of senders first. */
export const SCOPES = [
  { scope: "data:write", text: "dataWrite" },
  { scope: "receipts:read", text: "receiptsRead" },
  { scope: "profiles:read", text: "profilesRead" },
  { scope: "profiles:erase", text: "profilesErase" },
  { scope: "config:read", text: "configRead" },
  { scope: "config:write", text: "configWrite" },
  { scope: "users:manage", text: "usersManage" },
] as const satisfies readonly { scope: Scope; text: string }[];
