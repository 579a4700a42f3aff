/** `tollkeeper/sdk`: what an app installs to record usage. Imports nothing of the server. */
export { createThrottle } from './access';
export type { Throttle, ThrottleOptions } from './access';
export { TollkeeperClient } from './client';
export type { TollkeeperClientOptions } from './client';
export { CUSTOMER_HEADER, meterOpenAI } from './meter-openai';
export type { MeterOptions, OpenAICompatible } from './meter-openai';
export type { MeteredCall } from './metered-call';
export { tollkeeperMiddleware } from './vercel-middleware';
export type { MiddlewareOptions, TollkeeperMiddleware } from './vercel-middleware';
export type { WhenFull } from './spool';
export { TollkeeperError } from './tollkeeper-error';
export type { OnError, Rejection, TollkeeperErrorCode } from './tollkeeper-error';
export type { Access, UsageReport } from './usage-api';
export type { NewUsageEvent, TokenCounts, TokenType, UsageEvent } from './usage-event';
export type { RecorderOptions, SpoolLimits } from './usage-recorder';
