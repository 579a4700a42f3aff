/** Activities of imports, which no customer's own workflow asks for. */
const refuse = (): Promise<never> => Promise.reject(new Error('nobody is imported here'));

export const NO_IMPORTS = {
  ...{
    readImport: refuse,
    migrateSubscription: refuse,
    markPrice: refuse,
    markSubscription: refuse,
  },
  unmarkSubscription: refuse,
};
