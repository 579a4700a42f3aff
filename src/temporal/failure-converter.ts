/**
 * Failures whose message and stack are payloads, so that they are encrypted like all others.
 * Temporal loads this file by its path, in the worker and into the workflow bundle.
 */
import { DefaultFailureConverter } from '@temporalio/common';
import type { FailureConverter } from '@temporalio/common';

const inClear = new DefaultFailureConverter();
const asPayload = new DefaultFailureConverter({ encodeCommonAttributes: true });

export const failureConverter: FailureConverter = {
  failureToError: (...failure) => asPayload.failureToError(...failure),
  errorToFailure: (error, ...context) => {
    // Whoever has the wrong key would encrypt with it what says so; and it names keys only.
    const isAboutKeys = error instanceof Error && error.name === 'PayloadKeyError';
    return (isAboutKeys ? inClear : asPayload).errorToFailure(error, ...context);
  },
};
