import type { ReactNode } from 'react';
import css from './frame.module.css';

/** The mark: a lighthouse with its two beams. */
export function Lighthouse(): ReactNode {
  return (
    <svg className={css['lighthouse']} viewBox="0 0 24 24" width={24} height={24} aria-hidden>
      <path className={css['beam']} d="M1.500 5.300 8.200 7v2.200L1.500 10.700zM22.500 5.300 15.800 7v2.200l6.700 1.500z" />
      <path className={css['lamp']} d="M9 4.300 12 2l3 2.300V5.300H9zM9 6.300h6v3.800H9z" />
      <path className={css['tower']} d="M9.300 11.300h5.400L16.300 22H7.700z" />
    </svg>
  );
}
