// Loaded before first paint (CSP forbids inline scripts): follows the system unless a choice is remembered. web/kit/theme.ts takes over from here.
(() => {
  let choice = 'system';
  try {
    choice = localStorage.getItem('pharos.theme') || 'system';
  } catch {
    choice = 'system'; // storage may be switched off; the system's theme is right then
  }
  const dark = choice === 'dark' || (choice !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
  document.documentElement.setAttribute('data-mantine-color-scheme', dark ? 'dark' : 'light');
})();
