// Uses tincanjs as an app would, and prints what it saw.

import { createRequire } from "node:module";
import {
  ACTIVITY, AGENT, ANSWERED, NOTE, PAGE, VIEWED, answers, attachment, isRefused, statement,
} from "./course.mjs";

const TinCan = createRequire(import.meta.url)("tincanjs");
const [endpoint, username, password, version] = process.argv.slice(2);
const lrs = new TinCan.LRS({ endpoint, username, password, version, allowFail: false });
const activity = new TinCan.Activity({ id: ACTIVITY });
const agent = new TinCan.Agent(AGENT);
const asJson = { contentType: "application/json" };
const seen = {};

// Calls a method whose last argument holds a callback with an error and a result.
function call(method, ...given) {
  const settings = given.pop();
  return new Promise((resolve, reject) => {
    const callback = (error, result) =>
      error === null ? resolve(result) : reject(new Error(`${method}: ${error}`));
    lrs[method](...given, { ...settings, callback });
  });
}

function decoded(text) {
  return text === null ? null : typeof text === "string" ? JSON.parse(text) : text;
}

seen.versions = (await call("about", {})).version;
const batch = answers().map((one) => new TinCan.Statement(one));
seen.posted = JSON.parse((await call("saveStatements", batch, {})).responseText);

seen.pages = [];
const params = { agent, verb: new TinCan.Verb({ id: ANSWERED }), limit: PAGE, ascending: true };
let page = await call("queryStatements", { params });
while (page) {
  seen.pages.push(page.statements.map((one) => one.id));
  page = page.more ? await call("moreStatements", { url: page.more }) : null;
}

const [first] = seen.posted;
const verb = { id: "http://adlnet.gov/expapi/verbs/voided" };
const target = { objectType: "StatementRef", id: first };
const voiding = new TinCan.Statement({ actor: AGENT, verb, object: target });
await call("saveStatement", voiding, {});
seen.voidedIsGone = await isRefused(call("retrieveStatement", first, {}));
seen.voided = (await call("retrieveVoidedStatement", first, {})).id;

const note = new TinCan.Attachment(attachment());
note.setContentFromString(NOTE);
const noted = new TinCan.Statement({ ...statement(VIEWED), attachments: [note] });
await call("saveStatement", noted, {});
const found = await call("retrieveStatement", noted.id, { params: { attachments: true } });
const text = found.attachments[0].getContentAsString();
seen.attachment = { id: found.id === noted.id, text };

const state = { activity, agent };
await call("saveState", "page", { page: 3, name: "第三页" }, { ...state, ...asJson });
await call("saveState", "page", { page: 4 }, { ...state, ...asJson, method: "POST" });
seen.state = decoded((await call("retrieveState", "page", state)).contents);
seen.states = await call("retrieveStateIds", state);
await call("dropState", "page", state);
seen.stateIsGone = (await call("retrieveState", "page", state)) === null;

for (const [name, called, owner] of [
  ["activityProfile", "ActivityProfile", { activity }],
  ["agentProfile", "AgentProfile", { agent }],
]) {
  const get = () => call(`retrieve${called}`, "settings", owner);
  const put = (profile, more) =>
    call(`save${called}`, "settings", profile, { ...owner, ...asJson, ...more });
  await put({ colour: "red" }, {});
  const { etag } = await get();
  await put({ colour: "green" }, { lastSHA1: etag });
  const isStaleRefused = await isRefused(put({ colour: "blue" }, { lastSHA1: etag }));
  const content = decoded((await get()).contents);
  const names = await call(`retrieve${called}Ids`, owner);
  await call(`drop${called}`, "settings", owner);
  seen[name] = { content, names, isStaleRefused, isGone: (await get()) === null };
}

seen.activity = (await call("retrieveActivity", ACTIVITY, {})).definition.name;
console.log(JSON.stringify(seen));
