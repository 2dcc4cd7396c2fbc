import { useSyncExternalStore } from 'react';

export type ThemeChoice = 'light' | 'dark' | 'system';
export type Theme = 'light' | 'dark';

const KEY = 'pharos.theme';
const ATTRIBUTE = 'data-mantine-color-scheme';
const listeners = new Set<() => void>();
const tell = (): void => listeners.forEach((listener) => listener());

function remembered(): ThemeChoice {
  try {
    const text = localStorage.getItem(KEY);
    return text === 'light' || text === 'dark' ? text : 'system';
  } catch {
    return 'system'; // storage switched off: nothing can be remembered
  }
}
const systemTheme = (): MediaQueryList => matchMedia('(prefers-color-scheme: dark)');

/** The theme painted now; the attribute is the one truth, set before first paint by /theme.js. */
export const currentTheme = (): Theme => (document.documentElement.getAttribute(ATTRIBUTE) === 'dark' ? 'dark' : 'light');

export function setTheme(choice: ThemeChoice): void {
  try {
    if (choice === 'system') localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, choice);
  } catch {
    // lint: the choice still holds until the page is left
    tell();
  }
  const dark = choice === 'dark' || (choice === 'system' && systemTheme().matches);
  document.documentElement.setAttribute(ATTRIBUTE, dark ? 'dark' : 'light');
  tell();
}

/** Called once by the app: follows the system while no choice is remembered. */
export function followSystemTheme(): void {
  systemTheme().addEventListener('change', () => {
    if (remembered() === 'system') setTheme('system');
  });
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export const useTheme = (): Theme => useSyncExternalStore(subscribe, currentTheme);
export const useThemeChoice = (): ThemeChoice => useSyncExternalStore(subscribe, remembered);

/** Token values as painted, for canvases; read again when the theme changes. */
export function readTokens<Name extends string>(names: readonly Name[]): Readonly<Record<Name, string>> {
  const style = getComputedStyle(document.documentElement);
  const found = Object.create(null);
  for (const name of names) found[name] = style.getPropertyValue(`--${name}`).trim();
  return found;
}
