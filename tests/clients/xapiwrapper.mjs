// Uses xapiwrapper in a browser, as a page of an app would, and gives what it saw.

import {
  ACTIVITY, AGENT, ANSWERED, NOTE, PAGE, VIEWED, answers, attachment, isRefused, statement,
} from "./course.mjs";

const lrs = ADL.XAPIWrapper;

// Calls a method whose last argument is a callback with an error, the request and the body.
function call(method, ...given) {
  return new Promise((resolve, reject) => {
    lrs[method](...given, (error, request, body) =>
      error === null ? resolve({ request, body }) : reject(new Error(`${method}: ${error}`)),
    );
  });
}

async function documents(called, owner) {
  const get = () => call(`get${called}`, owner, "settings", null);
  const post = (profile, matching, noneMatching) =>
    call(`send${called}`, owner, "settings", profile, matching, noneMatching);
  await post({ colour: "red" }, null, "*");
  const hash = lrs.hash((await get()).request.responseText);
  await post({ colour: "green" }, hash, null);
  const isStaleRefused = await isRefused(post({ colour: "blue" }, hash, null));
  const content = (await get()).body;
  const names = (await call(`get${called}`, owner, null, null)).body;
  await call(`delete${called}`, owner, "settings", null, null);
  return { content, names, isStaleRefused, isGone: (await get()).request.status === 404 };
}

window.use = async (endpoint, user, password) => {
  lrs.changeConfig({ endpoint, user, password, strictCallbacks: true });
  const seen = {};
  seen.posted = (await call("sendStatements", answers())).body;

  seen.pages = [];
  const filters = { agent: JSON.stringify(AGENT), verb: ANSWERED, limit: PAGE, ascending: true };
  let page = (await call("getStatements", filters, null)).body;
  while (page) {
    seen.pages.push(page.statements.map((one) => one.id));
    page = page.more ? (await call("getStatements", null, page.more)).body : null;
  }

  const [first] = seen.posted;
  const verb = { id: "http://adlnet.gov/expapi/verbs/voided" };
  const target = { objectType: "StatementRef", id: first };
  await call("sendStatements", [{ actor: AGENT, verb, object: target }]);
  seen.voidedIsGone = await isRefused(call("getStatements", { statementId: first }, null));
  seen.voided = (await call("getStatements", { voidedStatementId: first }, null)).body.id;

  const { sha2, length, ...type } = attachment();
  const note = [{ type, value: NOTE }];
  const noted = statement(VIEWED);
  await new Promise((resolve, reject) => {
    lrs.sendStatement(noted, (error) => (error === null ? resolve() : reject(error)), note);
  });
  const asked = { statementId: noted.id, attachments: true };
  const [, whole, part] = (await call("getStatements", asked, null)).body.split(/\r\n--|^--/);
  const content = (text) => text.slice(text.indexOf("\r\n\r\n") + 4);
  seen.attachment = { id: JSON.parse(content(whole)).id === noted.id, text: content(part) };

  const of = [ACTIVITY, AGENT];
  const sendState = (state) => call("sendState", ...of, "page", null, state, null, null);
  const getState = (name) => call("getState", ...of, name, null, null);
  await sendState({ page: 3, name: "第三页" });
  await sendState({ page: 4 });
  seen.state = (await getState("page")).body;
  seen.states = (await getState(null)).body;
  await call("deleteState", ...of, "page", null, null, null);
  seen.stateIsGone = (await getState("page")).request.status === 404;

  seen.activityProfile = await documents("ActivityProfile", ACTIVITY);
  seen.agentProfile = await documents("AgentProfile", AGENT);
  seen.activity = (await call("getActivities", ACTIVITY)).body.definition.name;
  seen.person = (await call("getAgents", AGENT)).body.name;
  return seen;
};
