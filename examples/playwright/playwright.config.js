import { defineConfig } from '@playwright/test';

export default defineConfig({
  use: {
    baseURL: process.env.HARK_URL,
    launchOptions: {
      // A browser of the system's instead of Playwright's own, if it is named.
      executablePath: process.env.CHROMIUM,
      // hark run is a proxy, too; what the browser itself asks for is no test's.
      args: ['--no-proxy-server'],
    },
  },
});
