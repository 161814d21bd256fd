// Uses @xapi/xapi as an app would, and prints what it saw.

import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import {
  ACTIVITY, AGENT, ANSWERED, NOTE, PAGE, VIEWED, answers, attachment, isRefused, statement,
} from "./course.mjs";

const XAPI = createRequire(import.meta.url)("@xapi/xapi");
const [endpoint, key, secret, version, adapter] = process.argv.slice(2);
const xapi = new XAPI({ endpoint, auth: XAPI.toBasicAuth(key, secret), version, adapter });
const ids = (statements) => statements.map((one) => one.id);
const seen = {};

seen.versions = (await xapi.getAbout()).data.version;
seen.posted = (await xapi.sendStatements({ statements: answers() })).data;

seen.pages = [];
const filters = { agent: AGENT, verb: ANSWERED, limit: PAGE, ascending: true };
let page = (await xapi.getStatements(filters)).data;
while (page) {
  seen.pages.push(ids(page.statements));
  page = page.more ? (await xapi.getMoreStatements({ more: page.more })).data : null;
}

const [first] = seen.posted;
await xapi.voidStatement({ actor: AGENT, statementId: first });
seen.voidedIsGone = await isRefused(xapi.getStatement({ statementId: first }));
seen.voided = (await xapi.getVoidedStatement({ voidedStatementId: first })).data.id;

// In Node.js axios puts another Content-Type in the place of multipart/mixed, whatever it is told.
if (adapter === "fetch") {
  const bytes = new TextEncoder().encode(NOTE);
  const sha2 = createHash("sha256").update(bytes).digest("hex");
  const noted = statement(VIEWED, { attachments: [attachment(sha2, bytes.length)] });
  const sent = await xapi.sendStatement({ statement: noted, attachments: [bytes.buffer] });
  const [statementId] = sent.data;
  const [whole, text] = (await xapi.getStatement({ statementId, attachments: true })).data;
  seen.attachment = { id: whole.id === statementId, text };
}

const state = { activityId: ACTIVITY, agent: AGENT, stateId: "page" };
await xapi.setState({ ...state, state: { page: 3, name: "第三页" } });
await xapi.createState({ ...state, state: { page: 4 } });
seen.state = (await xapi.getState(state)).data;
seen.states = (await xapi.getStates(state)).data;
await xapi.deleteState(state);
seen.stateIsGone = await isRefused(xapi.getState(state));

for (const [name, called, owner] of [
  ["activityProfile", "ActivityProfile", { activityId: ACTIVITY }],
  ["agentProfile", "AgentProfile", { agent: AGENT }],
]) {
  const own = { ...owner, profileId: "settings" };
  const put = (profile, matchHeader, etag) =>
    xapi[`set${called}`]({ ...own, profile, matchHeader, etag });
  await put({ colour: "red" }, "If-None-Match", "*");
  const { etag } = (await xapi[`get${called}`](own)).headers;
  await put({ colour: "green" }, "If-Match", etag);
  const isStaleRefused = await isRefused(put({ colour: "blue" }, "If-Match", etag));
  const content = (await xapi[`get${called}`](own)).data;
  const names = (await xapi[`get${called}s`](owner)).data;
  await xapi[`delete${called}`](own);
  const isGone = await isRefused(xapi[`get${called}`](own));
  seen[name] = { content, names, isStaleRefused, isGone };
}

seen.activity = (await xapi.getActivity({ activityId: ACTIVITY })).data.definition.name;
seen.person = (await xapi.getAgent({ agent: AGENT })).data.name;
console.log(JSON.stringify(seen));
