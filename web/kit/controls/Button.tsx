import type { ComponentProps, ReactNode, Ref } from 'react';
import { Link } from 'wouter';
import css from './controls.module.css';

type Look = 'primary' | 'plain' | 'quiet' | 'danger';
export type ButtonProps = Omit<ComponentProps<'button'>, 'className' | 'style'> & {
  readonly look?: Look;
  /** Pressed state of a toggle; also paints it chosen. */
  readonly pressed?: boolean;
  readonly busy?: boolean;
  /** Why it cannot be pressed: the button stays reachable and says the reason instead of vanishing. */
  readonly reason?: string | undefined;
  readonly wide?: boolean;
  readonly hint?: string | undefined;
  readonly ref?: Ref<HTMLButtonElement>;
};

/** A button, 28 px. `hint` is a shortcut printed at its end. */
export function Button({ look = 'plain', pressed, busy = false, reason, wide = false, hint, children, onClick, onKeyDown, title, type = 'button', ...rest }: ButtonProps): ReactNode {
  const off = busy || reason !== undefined;
  // the browser clicks again and again while Enter is held; a button acts once a press
  const onKey: ButtonProps['onKeyDown'] = (event) => {
    if (event.repeat && event.key === 'Enter') event.preventDefault();
    onKeyDown?.(event);
  };
  return (
    <button {...rest} type={type} className={css['button']} data-look={look} data-wide={wide} aria-pressed={pressed} aria-disabled={off || undefined} aria-busy={busy || undefined} title={reason ?? title} onKeyDown={onKey} onClick={off ? (event) => event.preventDefault() : onClick}>
      {children}
      {hint === undefined ? null : <Kbd>{hint}</Kbd>}
    </button>
  );
}

/** A button that is only an icon; `label` is its name. */
export function IconButton({ label, children, look = 'quiet', ...rest }: Omit<ButtonProps, 'aria-label' | 'hint' | 'wide'> & { readonly label: string }): ReactNode {
  return <Button {...rest} look={look} aria-label={label} title={rest.title ?? label} data-icon>{children}</Button>;
}

/** A link that looks like a button. Links go to places; buttons do things. */
export function ButtonLink({ href, look = 'plain', children, title, icon = false }: { readonly href: string; readonly look?: Look; readonly children: ReactNode; readonly title?: string; /** Only an icon: `title` names it. */ readonly icon?: boolean }): ReactNode {
  return <Link href={href} className={css['button']} data-look={look} title={title} {...(icon ? { 'data-icon': true, 'aria-label': title } : {})}>{children}</Link>;
}

/** A text link inside the app. */
export function TextLink({ href, children, title, strong = false }: { readonly href: string; readonly children: ReactNode; readonly title?: string; readonly strong?: boolean }): ReactNode {
  return <Link href={href} title={title} className={strong ? css['strongLink'] : css['textLink']}>{children}</Link>;
}

export function Kbd({ children }: { readonly children: ReactNode }): ReactNode {
  return <kbd className={css['kbd']}>{children}</kbd>;
}

/** A row of choices of which one is taken, as buttons (presets, modes). */
export function Segments<T extends string | number>({ label, options, value, onChange, words }: { readonly label: string; readonly options: readonly T[]; readonly value: T | undefined; readonly onChange: (next: T) => void; readonly words?: (option: T) => ReactNode }): ReactNode {
  return (
    <div role="group" aria-label={label} className={css['segments']}>
      {options.map((option) => <Button key={option} pressed={option === value} onClick={() => onChange(option)} wide>{words === undefined ? option : words(option)}</Button>)}
    </div>
  );
}
