/** Where an earlier attempt of this activity had come to. */
import { activityInfo } from '@temporalio/activity';

/** How far an earlier attempt of this activity came. */
export const lastHeartbeat = <T>(): T | undefined =>
  activityInfo().heartbeatDetails as T | undefined;
