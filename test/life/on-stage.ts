/** The stage of one test file, from before its first test to after its last. */
import { START } from './calendar';
import { Life } from './life';
import type { LifeOptions } from './life-options';
import { Stage } from './stage';

export interface OnStage {
  readonly stage: Stage;
  /** Begins a life on Starter that has heard the news of its beginning. */
  aLife(options?: Partial<LifeOptions>): Promise<Life>;
}

export function useStage(): OnStage {
  let stage: Stage;
  const ofThisMachine = Date.now;
  beforeAll(async () => {
    stage = await Stage.open();
    // No spy: it would remember millions of calls.
    Date.now = () => stage.clockOf();
  });
  afterAll(async () => {
    Date.now = ofThisMachine;
    await stage.close();
  });
  return {
    get stage() {
      return stage;
    },
    aLife: async (options = {}) => {
      const life = await Life.begin(stage, { plan: 'starter', start: START, ...options });
      await life.catchUp();
      return life;
    },
  };
}
