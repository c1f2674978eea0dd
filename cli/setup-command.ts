import { deploymentOf, ROOT } from './deployment/deployment.ts';
import { usageFailure } from './failure.ts';
import { accessFile } from './setup/access-file.ts';
import { askerOn, FREE_COMMANDS_PER_MONTH, PLANS, type Plan } from './setup/questions.ts';
import { addToStageFile } from './setup/stage-file.ts';
import {
  checkAccount,
  checkDatabase,
  deploy,
  findApi,
  findDatabase,
  makeKeys,
  produceFirstOrder,
  type Setup,
  storeDatabase,
} from './setup/steps.ts';

/** @see https://upstash.com/pricing/redis */
const PAYG_STORAGE_MB = 100 * 1024;

export interface SetupFlags {
  readonly stage: string;
  readonly region: string;
  readonly redisUrl?: string;
  readonly redisToken?: string;
  readonly plan?: Plan;
  readonly alarmEmail?: string;
  readonly set?: readonly string[];
}

/**
 * `setup`: from credentials to the first produced order. Each step looks first at what an earlier run
 * has done, so it can be repeated, and goes on where it stopped.
 */
export async function setupCommand(flags: SetupFlags): Promise<void> {
  const step = stepsOf(6);
  const ask = askerOn(process.stdin);
  const say = (line: string) => process.stdout.write(`${line.replace(/^/gm, '  ')}\n`);
  const given = settingsIn(flags.set ?? []);
  const setup = (): Setup => ({ deployment: deploymentOf(flags), ask, say });

  step('The AWS account');
  await checkAccount(setup());

  step('The database');
  const database = await findDatabase(setup(), flags);
  await checkDatabase(setup(), database);
  await storeDatabase(setup(), database);

  step('The settings');
  const answers = await settingsOfStage(flags, setup());
  const added = addToStageFile(ROOT, flags.stage, { ...given, ...answers });
  say(
    `They are in stages/${flags.stage}.yml${added.length > 0 ? `, with ${added.join(', ')}` : ''}.`,
  );

  const isByToken = setup().deployment.stage.get('SLUICE_JWT_ISSUER') !== '';
  step('The API keys');
  if (isByToken) say('None: callers have tokens of SLUICE_JWT_ISSUER.');
  else await makeKeys(setup());

  step('The deployment');
  await deploy(setup());
  const url = await findApi(setup());

  step('The first order');
  if (isByToken) say('Submit it with a token of SLUICE_JWT_ISSUER.');
  else await produceFirstOrder(setup(), url);
  process.stdout.write(next(flags, setup()));
}

function stepsOf(count: number) {
  let at = 0;
  return (title: string) => {
    at += 1;
    process.stdout.write(`${at}/${count} ${title}\n`);
  };
}

/** What nobody has said yet is asked; what the stage has already is not. */
async function settingsOfStage(
  { plan, alarmEmail }: SetupFlags,
  { deployment, ask }: Setup,
): Promise<Readonly<Record<string, string | number>>> {
  const { stage } = deployment;
  const isKnown = (name: string) => stage.sourceOf(name) !== 'default';
  const answers: Record<string, string | number> = {};
  if (!isKnown('SLUICE_COMMANDS_PER_MONTH')) {
    const message = 'Which Upstash plan does the database have?';
    const flag = `--plan ${PLANS.join('|')}`;
    const chosen = plan ?? (await ask.choice({ message, flag }, PLANS));
    answers.SLUICE_COMMANDS_PER_MONTH = chosen === 'free' ? FREE_COMMANDS_PER_MONTH : 'off';
    // A fixed plan's size is for its owner to set; the default is that of the free plan.
    if (chosen === 'payg' && !isKnown('SLUICE_STORAGE_MB')) {
      answers.SLUICE_STORAGE_MB = PAYG_STORAGE_MB;
    }
  }
  if (!isKnown('SLUICE_ALARM_EMAIL')) {
    const email =
      alarmEmail ??
      (await ask.text({
        message: 'Where should alarms go? An e-mail address, or nothing:',
        flag: '--alarm-email',
        byDefault: '',
      }));
    if (email !== '') answers.SLUICE_ALARM_EMAIL = email;
  }
  return answers;
}

function settingsIn(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw usageFailure(`--set takes NAME=VALUE, and not ${pair}.`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

function next({ stage }: SetupFlags, { deployment }: Setup): string {
  const email = deployment.stage.get('SLUICE_ALARM_EMAIL');
  const file = accessFile(ROOT, stage).name;
  return `
The stage ${stage} is up. Next:
- Commit stages/${stage}.yml. Keep the keys of ${file} somewhere safe.
- Call it:  set -a; . ${file}; set +a; npm run sluice -- stats
- Check it:  npm run sluice -- doctor --stage ${stage}
${email === '' ? '- Set SLUICE_ALARM_EMAIL in the file, and deploy again: nobody gets alarms yet.' : `- Confirm the e-mail that AWS has sent to ${email}: until then nobody gets alarms.`}
- Choose what produces orders: docs/producers.md. Before a sale: docs/deploy.md.
`;
}
