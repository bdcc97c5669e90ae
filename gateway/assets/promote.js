// An exchange becomes a mock.

import { call } from './api.js';
import { el, toast } from './dom.js';
import { link } from './place.js';

// url is that of the exchange or the entry.
export async function promote(url) {
  const route = await call('POST', `${url}/promote`, {});
  toast(`Added the mock ${(route.method || 'get').toUpperCase()} ` +
    `/${(route.endpoint || '').replace(/^\//, '')}`, 'done', ' ',
  el('a', { href: link({ view: 'mocks', route: route.uuid }) }, 'Edit it'));
}
