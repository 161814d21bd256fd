// What every JavaScript client posts, so that one test can say what each of them has to see.

export const AGENT = {
  objectType: "Agent",
  name: "学生 一",
  account: { homePage: "https://school.example", name: "s1" },
};
export const ACTIVITY = "https://school.example/lesson/分数";
export const ANSWERED = "http://adlnet.gov/expapi/verbs/answered";
export const VIEWED = "http://id.tincanapi.com/verb/viewed";
export const PAGE = 5;
export const ANSWERS = 12;
export const NOTE = "笔记: a half is 50 %";

export function statement(verb, more = {}) {
  return {
    actor: AGENT,
    verb: { id: verb, display: { "zh-CN": "做" } },
    object: {
      objectType: "Activity",
      id: ACTIVITY,
      definition: { name: { "zh-CN": "分数", en: "Fractions" } },
    },
    ...more,
  };
}

export function answers() {
  return Array.from({ length: ANSWERS }, (_, index) =>
    statement(ANSWERED, { result: { score: { raw: index } } }),
  );
}

export function attachment(sha2, length) {
  return {
    usageType: "http://id.tincanapi.com/attachment/supporting_media",
    display: { "zh-CN": "笔记" },
    contentType: "text/plain; charset=utf-8",
    length,
    sha2,
  };
}

// Whether what was asked for is refused.
export async function isRefused(promise) {
  try {
    await promise;
    return false;
  } catch {
    return true;
  }
}
