/**
 * `npm run calls-show -- --seed 7 --calls 1000`: makes so many calls of each provider in each kind
 * by each way, with outages and kills, and prints what was billed beside what the ledger has. Ends
 * with an error if a token is not where it should be. The tests make ten of each.
 */
const { runSearch } = require('./run-search');

runSearch(process.argv.slice(2), {
  ...{ prefix: 'CALLS_SHOW', pattern: 'sdk/thousand-calls' },
  sizes: { calls: '1000' },
});
