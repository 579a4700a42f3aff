/** The repository around has a lock file, too. */
export default { turbopack: { root: import.meta.dirname } };
