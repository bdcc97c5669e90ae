// Where the user is, as the URL's fragment: #/traffic?q=status%3A5xx&id=12

const watchers = [];

export function place() {
  const [path, query = ''] = location.hash.replace(/^#\/?/, '').split('?');
  return { view: path || 'traffic',
    ...Object.fromEntries(new URLSearchParams(query)) };
}

export function link({ view, ...more }) {
  const query = new URLSearchParams(
    Object.entries(more).filter(([, value]) => value)).toString();
  return `#/${view}${query ? `?${query}` : ''}`;
}

// Another view is a step in the history, other members of a view are not.
export function go(where) {
  const hash = link(where);
  if (hash === location.hash)
    return;
  if (where.view === place().view)
    history.replaceState(null, '', hash);
  else
    history.pushState(null, '', hash);
  tell();
}

export const change = (more) => go({ ...place(), ...more });

export function watch(watcher) {
  watchers.push(watcher);
}

export function tell() {
  const where = place();
  for (const watcher of watchers)
    watcher(where);
}

addEventListener('hashchange', tell);
