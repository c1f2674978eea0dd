import { producer } from './bundle.js';
import { inTitleCase, logicalIdsOf } from './logical-ids.js';
import { FUNCTIONS } from './secrets.js';

/** What a person, or what watches over a stage, wants to know of it. */
export const resources = {
  Outputs: {
    Producer: {
      Description: 'What produces the orders; a deployment with another one stops, and asks.',
      Value: producer,
    },
    FailureQueueUrl: {
      Description: 'The queue of the scheduled invocations that failed.',
      Value: { Ref: 'FailureQueue' },
    },
    ...Object.fromEntries(FUNCTIONS.map((name) => [`${inTitleCase(name)}Function`, nameOf(name)])),
  },
};

function nameOf(functionName) {
  return {
    Description: `The name of the function ${functionName}.`,
    Value: { Ref: logicalIdsOf(functionName).lambda },
  };
}
