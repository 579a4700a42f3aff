/**
 * `npm run renewals-show -- --customers 10000`: the periods of so many customers end within some
 * minutes. Every draft is to be held and compared before it leaves, with the calls a second that
 * Stripe gives; ends with figures, and with an error if one left unseen or is wrong by a cent. The
 * tests do the same with twenty.
 */
const { runSearch } = require('./run-search');

runSearch(process.argv.slice(2), {
  ...{ prefix: 'RENEWALS_SHOW', pattern: 'journey/renewals\\.test' },
  sizes: { customers: '10000' },
});
