import type { ComponentChildren } from 'preact';
import { useEffect, useRef } from 'preact/hooks';
import { useHold } from '../live.ts';

/** A dialog over the page. Esc closes it, and the focus goes back to where it was. */
export function Dialog(props: {
  readonly title: string;
  readonly onClose: () => void;
  readonly isWide?: boolean;
  readonly children: ComponentChildren;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  useHold('a dialog is open');
  useEffect(() => {
    const opener = document.activeElement;
    const shown = dialog.current;
    shown?.showModal();
    return () => {
      shown?.close();
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
    };
  }, []);
  return (
    <dialog
      ref={dialog}
      class={props.isWide ? 'is-wide' : ''}
      aria-label={props.title}
      onCancel={(event) => {
        event.preventDefault();
        props.onClose();
      }}
    >
      <div>
        <h2>{props.title}</h2>
        {props.children}
      </div>
    </dialog>
  );
}
