// A recording becomes a mock.

import { call } from './api.js';
import { el, toast } from './dom.js';
import { link } from './place.js';

// The exchanges of these entries; those of null have none.
export async function promote(entries) {
  const missing = entries.filter((entry) => !entry).length;
  for (const entry of entries.filter(Boolean)) {
    const route = await call('POST', `/v1/entries/${entry}/promote`, {});
    toast(`Added the mock ${(route.method || 'get').toUpperCase()} ` +
      `/${(route.endpoint || '').replace(/^\//, '')}`, 'done', ' ',
    el('a', { href: link({ view: 'mocks', route: route.uuid }) }, 'Edit it'));
  }
  if (missing > 0)
    throw new Error('Only what is recorded becomes a mock, and ' +
      `${missing} of ${entries.length} is not: see mode record or auto`);
}
