/** Import it first: what then reads our database finds the people and books of these tests. */
jest.mock('../../src/db/customers', () => jest.requireActual('./stand-ins').customersModule);
jest.mock(
  '../../src/db/former-subscriptions',
  () => jest.requireActual('./stand-ins').formerSubscriptionsModule,
);
jest.mock(
  '../../src/db/catalog-versions',
  () => jest.requireActual('./stand-ins').catalogVersionsModule,
);
jest.mock('../../src/db/billing-periods', () => jest.requireActual('./stand-ins').periodsModule);
jest.mock('../../src/db/vendor-entries', () => jest.requireActual('./stand-ins').vendorsModule);
jest.mock('../../src/db/audit-entries', () => jest.requireActual('./stand-ins').auditModule);
jest.mock(
  '../../src/db/recovered-billing',
  () => jest.requireActual('./stand-ins').recoveredModule,
);
jest.mock(
  '../../src/db/period-projection',
  () => jest.requireActual('./stand-ins').projectionModule,
);
