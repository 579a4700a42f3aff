/**
 * `npm run schemathesis -- --seed 7 --cases 20000`: has schemathesis (PyPI) make at least so many
 * requests of the OpenAPI document, and holds the whole product's answers to it. The tests have
 * those of three quarters of a minute.
 */
const { runSearch } = require('./run-search');

runSearch(process.argv.slice(2), { prefix: 'SCHEMATHESIS', pattern: 'api/schemathesis' });
