/** Gauges without labels that one reading has the figures of. */
import { Gauge } from 'prom-client';
import type { Registry } from 'prom-client';

/** Registers one gauge after the other; each is read as it is asked for. */
export const singleGauges =
  <Reading>(registers: Registry[], read: () => Promise<Reading>) =>
  (name: string, help: string, pick: (reading: Reading) => number): void => {
    new Gauge({
      ...{ name, help, registers },
      async collect() {
        this.set(pick(await read()));
      },
    });
  };
