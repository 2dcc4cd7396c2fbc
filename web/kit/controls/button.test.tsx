// @vitest-environment jsdom
import { cleanup, fireEvent, render, screen } from '@testing-library/react';
import { afterEach, expect, test } from 'vitest';
import { Button } from './Button.tsx';

afterEach(cleanup);

test('a button acts once a press: Enter that is held does not click again', () => {
  render(<Button>Apply</Button>);
  const button = screen.getByRole('button', { name: 'Apply' });
  // the browser clicks unless the key was prevented
  expect(fireEvent.keyDown(button, { key: 'Enter' })).toBe(true);
  expect(fireEvent.keyDown(button, { key: 'Enter', repeat: true })).toBe(false);
  expect(fireEvent.keyDown(button, { key: 'Tab', repeat: true })).toBe(true);
});
