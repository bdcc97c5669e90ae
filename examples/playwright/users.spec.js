import { expect, test } from '@playwright/test';

// The browser's requests and the test's own are of one session.
test.use({
  extraHTTPHeaders: async ({}, use, info) =>
    use({ 'X-Hark-Session': info.title }),
});

test('the page shows a new user', async ({ page, request }) => {
  await page.goto('/');
  await expect(page.getByRole('listitem')).toHaveText(['Ada']);
  await request.post('/users', { data: { name: 'Grace' } });
  await page.reload();
  await expect(page.getByRole('listitem')).toHaveText(['Ada', 'Grace']);
});
