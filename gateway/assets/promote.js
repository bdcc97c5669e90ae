// An exchange becomes a mock, whether it passed or is recorded.

import { call } from './api.js';
import { el, toast } from './dom.js';
import { link } from './place.js';

export async function promote(urls) {
  for (const url of urls) {
    const route = await call('POST', `${url}/promote`, {});
    toast(`Added the mock ${(route.method || 'get').toUpperCase()} ` +
      `/${(route.endpoint || '').replace(/^\//, '')}`, 'done', ' ',
    el('a', { href: link({ view: 'mocks', route: route.uuid }) }, 'Edit it'));
  }
}
