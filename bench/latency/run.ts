/**
 * `npm run bench:latency`: how long usage takes to Stripe and to an open page with ever more
 * customers who use something all the time; what may not wait meanwhile, and what it all costs.
 */
import { parseArgs } from 'node:util';
import { numbers, runReport } from '../command/run-report';
import { startSurroundings } from '../surroundings';
import { measureSizes } from './measure';
import { latencyPicture, latencyReport, latencyTable } from './report';

const { values } = parseArgs({
  options: {
    customers: { type: 'string', default: '100,1000,10000' },
    seconds: { type: 'string', default: '120' },
    seed: { type: 'string', default: '1' },
    cached: { type: 'string' },
    json: { type: 'string' },
    picture: { type: 'string' },
  },
});
const options = {
  sizes: numbers('customers', values.customers).sort((a, b) => a - b),
  seconds: numbers('seconds', values.seconds)[0] ?? 0,
  seed: numbers('seed', values.seed)[0] ?? 0,
  ...(values.cached !== undefined && { cached: numbers('cached', values.cached)[0] }),
};

runReport({
  ...{ json: values.json, picture: values.picture },
  start: (progress) => startSurroundings(progress, {}, { sandboxApart: true }),
  measure: async (surroundings, progress) =>
    latencyReport(await measureSizes(surroundings, options, progress)),
  ...{ table: latencyTable, draw: latencyPicture },
});
