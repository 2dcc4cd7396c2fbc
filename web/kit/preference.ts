import { useSyncExternalStore } from 'react';

type Plain = string | number | boolean;
const PREFIX = 'pharos.';
const memory = new Map<string, Plain>();
const listeners = new Set<() => void>();

function read<T extends Plain>(name: string, fallback: T, same: (v: unknown) => v is T): T {
  const held = memory.get(name);
  if (same(held)) return held;
  let found: unknown = fallback;
  try {
    found = JSON.parse(localStorage.getItem(PREFIX + name) ?? 'null');
  } catch {
    found = fallback; // storage switched off or text from an older version
  }
  const value = same(found) ? found : fallback;
  memory.set(name, value);
  return value;
}

function write(name: string, value: Plain): void {
  memory.set(name, value);
  try {
    localStorage.setItem(PREFIX + name, JSON.stringify(value));
  } catch {
    memory.set(name, value); // storage switched off: held until the page is left
  }
  listeners.forEach((listener) => listener());
}

const subscribe = (listener: () => void): (() => void) => {
  listeners.add(listener);
  return () => listeners.delete(listener);
};

/** A choice of this browser (width, single keys on or off), remembered in local storage. What is worth a link goes into the URL instead. */
export function usePreference(name: string, fallback: number): readonly [number, (next: number) => void];
export function usePreference(name: string, fallback: boolean): readonly [boolean, (next: boolean) => void];
export function usePreference(name: string, fallback: number | boolean): readonly [number | boolean, (next: never) => void] {
  const value = useSyncExternalStore(subscribe, () => (typeof fallback === 'number' ? read(name, fallback, (v): v is number => typeof v === 'number') : read(name, fallback, (v): v is boolean => typeof v === 'boolean')));
  return [value, (next: Plain) => write(name, next)];
}

/** A preference read outside React (key handlers). */
export const readFlag = (name: string, fallback: boolean): boolean => read(name, fallback, (v): v is boolean => typeof v === 'boolean');
