/**
 * `npm run import-show -- --seed 7 --subscriptions 5000 --cut-over 1000`: brings an account of so
 * many subscriptions as a company would: planned, observed for a month, and so many cut over. Ends
 * with figures, and with an error if a cent or a token is not where it should be. The tests do the
 * same with some sixty.
 */
const { runSearch } = require('./run-search');

runSearch(process.argv.slice(2), {
  ...{ prefix: 'IMPORT_SHOW', pattern: 'journey/import\\.test' },
  sizes: { subscriptions: '5000', 'cut-over': '1000' },
});
