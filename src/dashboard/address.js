/**
 * Takes the link's tokens out of the address: who sees the screen, the history or a bookmark has no
 * key then. This tab keeps them, so that it can be loaded again. The one that changes something
 * comes behind the #, where no server is told of it, and never without the one that shows the page.
 */
(() => {
  const NAME = `tollkeeper ${location.pathname}`;
  const MANAGE = `tollkeeper manage ${location.pathname}`;
  const query = new URLSearchParams(location.search);
  const token = query.get('token');
  const manage = new URLSearchParams(location.hash.slice(1)).get('manage');
  try {
    if (token) {
      sessionStorage.setItem(NAME, token);
      // A link that only shows the page takes away what another one let the tab do.
      if (manage) sessionStorage.setItem(MANAGE, manage);
      else sessionStorage.removeItem(MANAGE);
      query.delete('token');
      const rest = query.toString();
      const place = manage ? '' : location.hash;
      history.replaceState(history.state, '', location.pathname + (rest && `?${rest}`) + place);
      return;
    }
    const kept = sessionStorage.getItem(NAME);
    if (!kept) return;
    const keptManage = sessionStorage.getItem(MANAGE);
    // Should it have expired, the page of that is not tried again.
    sessionStorage.removeItem(NAME);
    sessionStorage.removeItem(MANAGE);
    query.set('token', kept);
    const place = keptManage ? `#manage=${keptManage}` : location.hash;
    location.replace(`${location.pathname}?${query.toString()}${place}`);
  } catch {
    // A frame may be denied storage: there is no address that anybody sees.
  }
})();
