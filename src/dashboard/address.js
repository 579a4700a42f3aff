/**
 * Takes the link's token out of the address: who sees the screen, the history or a bookmark has no
 * key then. This tab keeps it, so that it can be loaded again.
 */
(() => {
  const NAME = `tollkeeper ${location.pathname}`;
  const query = new URLSearchParams(location.search);
  const token = query.get('token');
  try {
    if (token) {
      sessionStorage.setItem(NAME, token);
      query.delete('token');
      const rest = query.toString();
      history.replaceState(history.state, '', location.pathname + (rest && `?${rest}`));
      return;
    }
    const kept = sessionStorage.getItem(NAME);
    if (!kept) return;
    // Should it have expired, the page of that is not tried again.
    sessionStorage.removeItem(NAME);
    query.set('token', kept);
    location.replace(`${location.pathname}?${query.toString()}`);
  } catch {
    // A frame may be denied storage: there is no address that anybody sees.
  }
})();
