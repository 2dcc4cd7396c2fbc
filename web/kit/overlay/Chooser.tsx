import { Combobox, useCombobox } from '@mantine/core';
import { useState } from 'react';
import type { ReactNode } from 'react';
import controls from '../controls/controls.module.css';
import { IconCheck } from '../icons.ts';
import { LISTS_ID } from './lists-host.ts';
import css from './overlay.module.css';

export type ChooserOption<T extends string> = { readonly value: T; readonly label: string; readonly hint?: string };
type Shared<T extends string> = {
  readonly label: string;
  readonly options: readonly ChooserOption<T>[];
  /** What the closed control prints after its label. */
  readonly summary: ReactNode;
  readonly searchable?: boolean;
  readonly disabled?: boolean;
  readonly icon?: ReactNode;
};
type One<T extends string> = Shared<T> & { readonly value: T | undefined; readonly onChange: (next: T) => void };
type Many<T extends string> = Shared<T> & { readonly value: readonly T[]; readonly onChange: (next: readonly T[]) => void; readonly allLabel: string };

type BodyProps<T extends string> = Shared<T> & { readonly isChosen: (value: T) => boolean; readonly onPick: (value: T) => void; readonly keepOpen: boolean; readonly head?: { readonly label: string; readonly chosen: boolean; readonly onPick: () => void } };
const ALL = '\u0000all';

function Body<T extends string>({ label, options, summary, searchable = false, disabled = false, icon, isChosen, onPick, keepOpen, head }: BodyProps<T>): ReactNode {
  const [search, setSearch] = useState('');
  const box = useCombobox({
    onDropdownOpen: () => { if (searchable) box.focusSearchInput(); else box.selectActiveOption(); },
    onDropdownClose: () => { box.resetSelectedOption(); setSearch(''); },
  });
  const shown = options.filter((option) => option.label.toLowerCase().includes(search.trim().toLowerCase()));
  const submit = (text: string): void => {
    const option = options.find((candidate) => candidate.value === text);
    if (text === ALL) head?.onPick();
    else if (option !== undefined) onPick(option.value);
    if (!keepOpen) {
      box.closeDropdown();
      box.focusTarget();
    }
  };
  return (
    <Combobox store={box} onOptionSubmit={submit} position="bottom-start" width="max-content" withinPortal portalProps={{ target: `#${LISTS_ID}` }} offset={4} transitionProps={{ duration: 0 }} classNames={{ dropdown: css['dropdown'] ?? '', options: css['options'] ?? '', option: css['option'] ?? '', search: css['search'] ?? '', empty: css['nothing'] ?? '' }}>
      <Combobox.Target targetType="button">
        <button type="button" className={controls['chip']} disabled={disabled} onClick={() => box.toggleDropdown()} aria-haspopup="listbox">
          {icon}
          <span className={controls['chipLabel']}>{label}</span>
          <span>{summary}</span>
        </button>
      </Combobox.Target>
      <Combobox.Dropdown>
        {searchable ? <Combobox.Search value={search} onChange={(event) => { setSearch(event.currentTarget.value); box.updateSelectedOptionIndex(); }} placeholder={`Search ${label.toLowerCase()}`} aria-label={`Search ${label.toLowerCase()}`} /> : null}
        <Combobox.Options aria-label={label} {...(keepOpen ? { 'aria-multiselectable': true } : {})}>
          {head === undefined || search !== '' ? null : <Combobox.Option value={ALL} active={head.chosen} aria-selected={head.chosen}>{head.chosen ? <IconCheck aria-hidden /> : <span style={{ width: 14 }} />}{head.label}</Combobox.Option>}
          {shown.map((option) => (
            <Combobox.Option key={option.value} value={option.value} active={isChosen(option.value)} aria-selected={isChosen(option.value)}>
              {isChosen(option.value) ? <IconCheck aria-hidden /> : <span style={{ width: 14 }} />}
              {option.label}
              {option.hint === undefined ? null : <span className={css['optionHint']}>{option.hint}</span>}
            </Combobox.Option>
          ))}
          {shown.length === 0 ? <Combobox.Empty>Nothing matches “{search}”.</Combobox.Empty> : null}
        </Combobox.Options>
      </Combobox.Dropdown>
    </Combobox>
  );
}

/** One of several, as a labelled chip that opens a list ("Window 5 min"). */
export function Select<T extends string>({ value, onChange, ...rest }: One<T>): ReactNode {
  return <Body {...rest} isChosen={(v) => v === value} onPick={onChange} keepOpen={false} />;
}

/** Any of several; an empty choice means all, since nobody should have to choose before seeing anything. */
export function MultiSelect<T extends string>({ value, onChange, allLabel, ...rest }: Many<T>): ReactNode {
  const toggle = (v: T): void => onChange(value.includes(v) ? value.filter((other) => other !== v) : [...value, v]);
  return <Body {...rest} isChosen={(v) => value.includes(v)} onPick={toggle} keepOpen head={{ label: allLabel, chosen: value.length === 0, onPick: () => onChange([]) }} />;
}
