import { type Browser, chromium } from 'playwright-core';
import { find, findOrInstall } from '../../local/programs.ts';

/** Finds a Chromium, or has Debian's installed; where there is none, the tests fail and say what to type. */
function findChromium(): Promise<string> {
  const names = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome'];
  return findOrInstall({
    name: 'chromium',
    search: () => names.map((name) => find(name, ['/usr/bin', '/opt/homebrew/bin'])).find(Boolean),
    aptPackage: 'chromium-headless-shell',
    brewPackage: 'chromium',
    advice: { dnf: 'chromium-headless', apk: 'chromium', pacman: 'chromium' },
  });
}

export async function startBrowser(): Promise<Browser> {
  // Debian's sandbox needs rights that containers lack; the page is our own.
  return chromium.launch({ executablePath: await findChromium(), args: ['--no-sandbox'] });
}
