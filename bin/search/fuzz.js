/**
 * `npm run fuzz -- --seed 7 --cases 100000`: sends so many requests that nobody should send to the
 * whole product, drawn by the seed, and tells each fault with its smallest case. The tests have
 * 5,000 of one seed.
 */
const { runSearch } = require('./run-search');

runSearch(process.argv.slice(2), { prefix: 'FUZZ', pattern: 'http/fuzz' });
