import { GO } from './keyboard.ts';
import { Dialog } from './parts/dialog.tsx';

export function HelpDialog({ onClose }: { readonly onClose: () => void }) {
  return (
    <Dialog title="Keys" onClose={onClose}>
      <dl class="keys">
        <dt>
          <kbd>/</kbd>
        </dt>
        <dd>Find an order</dd>
        {Object.entries(GO).map(([key, [, name]]) => (
          <GoRow key={key} letter={key} name={name} />
        ))}
        <dt>
          <kbd>j</kbd> <kbd>k</kbd>
        </dt>
        <dd>The next row, the one before</dd>
        <dt>
          <kbd>Enter</kbd>
        </dt>
        <dd>Open it</dd>
        <dt>
          <kbd>x</kbd>
        </dt>
        <dd>Select it</dd>
        <dt>
          <kbd>p</kbd>
        </dt>
        <dd>Hold updates, and go on</dd>
        <dt>
          <kbd>Esc</kbd>
        </dt>
        <dd>Close a dialog</dd>
      </dl>
      <p class="soft">Nothing that changes an order has a key.</p>
      <div class="row-of-buttons">
        <button type="button" class="primary" onClick={onClose}>
          Close
        </button>
      </div>
    </Dialog>
  );
}

function GoRow({ letter, name }: { readonly letter: string; readonly name: string }) {
  return (
    <>
      <dt>
        <kbd>g</kbd> <kbd>{letter}</kbd>
      </dt>
      <dd>{name}</dd>
    </>
  );
}
