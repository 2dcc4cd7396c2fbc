import type { ReactNode } from 'react';

export type DialogProps = { readonly title: string; readonly open: boolean; readonly onClose: () => void; readonly children: ReactNode; readonly width?: number; /** Without header and padding, as the palette needs it; the title still names the dialog. */ readonly plain?: boolean };
