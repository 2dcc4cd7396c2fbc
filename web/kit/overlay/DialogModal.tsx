import { Modal } from '@mantine/core';
import type { ReactNode } from 'react';
import { IconClose } from '../icons.ts';
import type { DialogProps } from './dialog-props.ts';
import css from './overlay.module.css';

/** The modal itself; fetched when the first dialog opens. */
export default function DialogModal({ title, open, onClose, children, width = 520, plain = false }: DialogProps): ReactNode {
  return (
    // the page itself never scrolls, so no scroll lock (which would need an inline style the CSP forbids)
    <Modal.Root opened={open} onClose={onClose} size={width} lockScroll={false} transitionProps={{ duration: 0 }} classNames={{ root: css['modalRoot'] ?? '', overlay: css['overlay'] ?? '', inner: css['inner'] ?? '', content: css['content'] ?? '', title: css['title'] ?? '', close: css['close'] ?? '', body: (plain ? css['bodyPlain'] : css['body']) ?? '' }}>
      <Modal.Overlay />
      <Modal.Content>
        <div className={css['sized']} style={{ width }}>
          {plain ? <Modal.Title className="visually-hidden">{title}</Modal.Title> : <div className={css['header']}><Modal.Title>{title}</Modal.Title><Modal.CloseButton aria-label="Close" icon={<IconClose size={16} aria-hidden />} /></div>}
          <Modal.Body>{children}</Modal.Body>
        </div>
      </Modal.Content>
    </Modal.Root>
  );
}
