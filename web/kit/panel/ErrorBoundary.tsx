import { Component } from 'react';
import type { ReactNode } from 'react';
import { errorText } from '#shared/base';
import { Button } from '../controls/Button.tsx';
import css from './panel.module.css';

type Props = { readonly what: string; readonly children: ReactNode };
type State = { readonly error: string | undefined; readonly stack: string };

/** A fault in one panel takes that panel, never the page; says what failed and lets it be copied. */
export class ErrorBoundary extends Component<Props, State> {
  override readonly state: State = { error: undefined, stack: '' };
  static getDerivedStateFromError(error: unknown): State {
    return { error: errorText(error), stack: error instanceof Error ? (error.stack ?? '') : '' };
  }
  override render(): ReactNode {
    if (this.state.error === undefined) return this.props.children;
    return (
      <div role="alert" className={css['state']}>
        <p className={css['stateTitle']}>{this.props.what} could not be drawn</p>
        <p>This is a fault of the console, not of the mesh: {this.state.error}</p>
        <div className={css['actions']}>
          <Button onClick={() => this.setState({ error: undefined, stack: '' })}>Draw again</Button>
          <Button look="quiet" onClick={() => void navigator.clipboard.writeText(`${this.state.error}\n${this.state.stack}`)}>Copy details</Button>
        </div>
      </div>
    );
  }
}
