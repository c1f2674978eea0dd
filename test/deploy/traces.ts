import { unzipSync } from 'fflate';
import type { Deployment } from './deployment.ts';

/** Whatever a deployment leaves somewhere, by where it is. */
export type Traces = ReadonlyMap<string, string>;

/**
 * All that can be read of a deployment without being allowed to read its secrets: what was uploaded,
 * the template, the environments of all processes, and all log lines. What instances printed is
 * complete once they have ended.
 */
export async function tracesOf({ aws, lambda, printed }: Deployment): Promise<Traces> {
  await lambda.end();
  const { buckets, stacks, logGroups, queues, functions } = aws.account;
  const traces: [string, string][] = [['what sls printed', printed]];
  for (const bucket of buckets.values()) {
    for (const [key, { bytes, headers }] of bucket) {
      traces.push([
        key,
        JSON.stringify(headers) + (key.endsWith('.zip') ? unzipped(bytes) : bytes),
      ]);
    }
  }
  for (const { name, template, resources, outputs } of stacks.values()) {
    traces.push([`template of ${name}`, template], [`outputs of ${name}`, JSON.stringify(outputs)]);
    traces.push([`resources of ${name}`, JSON.stringify([...resources])]);
  }
  for (const { name, variables } of functions.values()) {
    traces.push([`configuration of ${name}`, JSON.stringify(variables)]);
  }
  for (const [name, { lines }] of logGroups) traces.push([`log group ${name}`, lines.join('\n')]);
  for (const { arn, messages } of queues.values()) traces.push([arn, messages.join('\n')]);
  for (const [index, { functionName, env }] of lambda.starts().entries()) {
    traces.push([`environment ${index} of ${functionName}`, JSON.stringify(env)]);
  }
  return new Map(traces);
}

function unzipped(zip: Buffer): string {
  const files = Object.entries(unzipSync(zip));
  return files.map(([name, bytes]) => `${name}\n${Buffer.from(bytes)}`).join('\n');
}

/** Where a text stands, as it is or in a form in which it can be read as well. */
export function placesOf(traces: Traces, text: string): string[] {
  const bytes = Buffer.from(text);
  const forms = [
    text,
    JSON.stringify(text).slice(1, -1),
    encodeURIComponent(text),
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('hex'),
  ];
  return [...traces].flatMap(([place, trace]) =>
    forms.some((form) => trace.includes(form)) ? [place] : [],
  );
}

/** Whatever there is that a deployment makes, and that costs or stands in the way where it stays. */
export function namesIn({
  buckets,
  stacks,
  roles,
  functions,
  logGroups,
  ...rest
}: Deployment['aws']['account']) {
  const { queues, rules, apis, others } = rest;
  const kinds = { buckets, stacks, roles, functions, logGroups, queues, rules, apis, others };
  return Object.entries(kinds).flatMap(([kind, all]) =>
    [...all.keys()].map((name) => `${kind} ${name}`),
  );
}
