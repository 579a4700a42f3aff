/** How our clients and workers write what Temporal keeps, and read it. */
import type { DataConverter } from '@temporalio/common';
import type { Config } from '../config';
import { createPayloadCodec } from './payload-codec';
import { payloadKeys } from './payload-keys';

type KeysConfig = Pick<Config, 'TEMPORAL_PAYLOAD_KEYS'>;

export const FAILURE_CONVERTER = require.resolve('./failure-converter');

/** Path of the failures' converter where they are encrypted; workflows' code has it built in. */
export const failureConverterPath = ({ TEMPORAL_PAYLOAD_KEYS }: KeysConfig): string | undefined =>
  payloadKeys(TEMPORAL_PAYLOAD_KEYS).encrypting === null ? undefined : FAILURE_CONVERTER;

/** Without keys, too: what is encrypted all the same is then refused in words that help. */
export function dataConverter(config: KeysConfig): DataConverter {
  return {
    payloadCodecs: [createPayloadCodec(payloadKeys(config.TEMPORAL_PAYLOAD_KEYS))],
    failureConverterPath: failureConverterPath(config),
  };
}
