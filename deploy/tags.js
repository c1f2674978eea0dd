import { SettingFault } from './setting-fault.js';

/**
 * What everything of a stage is labelled with, so that its cost and its owner can be found: three
 * tags, and those of SLUICE_TAGS, as {"Team": "orders"}.
 */
const own = ownTags();

/** Tags by key, as `serverless.yml` takes them. */
export async function tags({ resolveVariable }) {
  return tagsOf(await resolveVariable('sls:stage'));
}

/** Tags as most resources take them. */
export function tagListOf(stage) {
  return Object.entries(tagsOf(stage)).map(([Key, Value]) => ({ Key, Value }));
}

function tagsOf(stage) {
  return { Project: 'sluice', Stage: stage, ManagedBy: 'serverless', ...own };
}

function ownTags() {
  try {
    const parsed = JSON.parse(process.env.SLUICE_TAGS || '{}');
    if (Array.isArray(parsed)) throw new TypeError('an array');
    const keys = Object.keys(parsed).map((key) => key.toLowerCase());
    if (Object.entries(parsed).every(isTag) && new Set(keys).size === keys.length) return parsed;
  } catch {
    // Told below.
  }
  throw new SettingFault(
    'SLUICE_TAGS is wrong: it must be JSON such as {"Team": "orders"}, and no key may be Project, ' +
      'Stage or ManagedBy, in whatever case, or begin with "aws:".',
  );
}

/** IAM takes keys that differ in case alone for one, and refuses a role that has both. */
function isTag([key, value]) {
  const isKey =
    /^[\w +\-=.:/@]{1,128}$/.test(key) && !/^(aws:|(project|stage|managedby)$)/i.test(key);
  return isKey && typeof value === 'string' && /^[\w +\-=.:/@]{0,256}$/.test(value);
}
