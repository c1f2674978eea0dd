import type { Stage } from './stage.ts';

/**
 * Labels of the stack. CloudFormation hands them down to everything in it that can have any, so that
 * its cost and its owner can be found.
 */
export function tags(stage: Stage): Record<string, string> {
  return {
    Project: 'sluice',
    Stage: stage.name,
    ManagedBy: 'serverless',
    ...stage.get('SLUICE_TAGS'),
  };
}
