import { CloudFormationClient, DescribeStacksCommand } from '@aws-sdk/client-cloudformation';
import { producer } from './bundle.js';

/**
 * Stops a deployment that would have a stage produce its orders otherwise than it does now. Settings
 * are those of whoever deploys: one who has forgotten `SLUICE_PRODUCER` would have orders numbered
 * and taken for produced that the system behind never sees.
 *
 * @param provider  osls's, which has the region, the stage and the deployer's credentials
 * @throws Error that names both producers, and what to do
 */
export async function checkProducerOf(provider, log) {
  if (process.env.SLUICE_CHANGE_PRODUCER === 'on') return;
  const stage = provider.getStage();
  const now = await outputOf(provider, log);
  if (now === undefined || now === producer) return;
  throw new Error(
    `The stage ${stage} produces its orders by ${now}, and would by ${producer} from now on.\n` +
      `Set SLUICE_PRODUCER=${now}; or, if that is to change, SLUICE_CHANGE_PRODUCER=on this once.`,
  );
}

/** What the running stage says of itself; `undefined` where there is none yet, or it may not be known. */
async function outputOf(provider, log) {
  const client = new CloudFormationClient({
    region: provider.getRegion(),
    credentials: provider.getAwsSdkV3CredentialsProvider(),
  });
  try {
    const request = new DescribeStacksCommand({ StackName: provider.naming.getStackName() });
    const { Outputs = [] } = (await client.send(request)).Stacks?.[0] ?? {};
    return Outputs.find(({ OutputKey }) => OutputKey === 'Producer')?.OutputValue;
  } catch (error) {
    if (/does not exist/.test(error.message)) return undefined;
    log.warning(`Whether the stage has another producer was not checked: ${error.message}`);
    return undefined;
  }
}
